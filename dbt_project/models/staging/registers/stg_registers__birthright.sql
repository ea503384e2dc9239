with source as (
    {{ new_runs('registers', 'birthright') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.entitlement') }} as entitlement,
        {{ json_text('record', '$.rule') }} as rule,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ utc(json_text('record', '$.reviewed_at')) }} as reviewed_at,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
