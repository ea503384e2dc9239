with source as (
    {{ new_runs('registers', 'identity_overrides') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.source_id') }} as source_id,
        {{ json_text('record', '$.account_id') }} as account_id,
        {{ json_text('record', '$.person_id') }} as person_id,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ utc(json_text('record', '$.approved_at')) }} as approved_at,
        {{ json_text('record', '$.reason') }} as reason,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
