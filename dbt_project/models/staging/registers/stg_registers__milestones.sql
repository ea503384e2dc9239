with source as (
    {{ new_runs('registers', 'milestones') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.engagement_id') }} as engagement_id,
        {{ json_text('record', '$.milestone') }} as milestone,
        {{ json_text('record', '$.owner_id') }} as owner_id,
        {{ utc(json_text('record', '$.completed_at')) }} as completed_at,
        {{ json_text('record', '$.evidence_uri') }} as evidence_uri,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
