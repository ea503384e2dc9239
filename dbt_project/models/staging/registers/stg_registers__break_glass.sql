with source as (
    {{ new_runs('registers', 'break_glass') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.session_name') }} as session_name,
        {{ json_text('record', '$.person_id') }} as person_id,
        {{ utc(json_text('record', '$.started_at')) }} as started_at,
        {{ utc(json_text('record', '$.ended_at')) }} as ended_at,
        {{ json_text('record', '$.justification') }} as justification,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
