with source as (
    {{ new_runs('registers', 'policies') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.policy_id') }} as policy_id,
        {{ json_text('record', '$.version') }} as version,
        {{ json_text('record', '$.owner') }} as owner,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ utc(json_text('record', '$.approved_at')) }} as approved_at,
        try_cast({{ json_text('record', '$.review_due') }} as date) as review_due,
        {{ json_text('record', '$.file_sha256') }} as file_sha256,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
