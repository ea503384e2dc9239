with source as (
    {{ new_runs('registers', 'scope') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.engagement_id') }} as engagement_id,
        {{ json_text('record', '$.category') }} as category,
        {{ json_bool('record', '$.in_scope') }} as in_scope,
        {{ json_text('record', '$.rationale') }} as rationale,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ utc(json_text('record', '$.approved_at')) }} as approved_at,
        cast({{ json_text('record', '$.effective_from') }} as date) as effective_from,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
