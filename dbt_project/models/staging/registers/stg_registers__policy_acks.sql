with source as (
    {{ new_runs('registers', 'policy_acks') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.policy_id') }} as policy_id,
        {{ json_text('record', '$.version') }} as version,
        {{ json_text('record', '$.person_id') }} as person_id,
        {{ utc(json_text('record', '$.acknowledged_at')) }} as acknowledged_at,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
