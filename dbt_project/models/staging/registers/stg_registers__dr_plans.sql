with source as (
    {{ new_runs('registers', 'dr_plans') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.plan_id') }} as plan_id,
        {{ json_text('record', '$.title') }} as title,
        {{ json_text('record', '$.document_uri') }} as document_uri,
        {{ json_text('record', '$.owner_id') }} as owner_id,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ utc(json_text('record', '$.approved_at')) }} as approved_at,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
