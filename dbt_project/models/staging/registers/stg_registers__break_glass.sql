with source as (
    {{ new_runs('registers', 'break_glass') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.session_name') }} as session_name,
        {{ json_text('record', '$.identity') }} as identity,
        {{ json_text('record', '$.person_id') }} as person_id,
        {{ utc(json_text('record', '$.requested_at')) }} as requested_at,
        {{ utc(json_text('record', '$.started_at')) }} as started_at,
        {{ utc(json_text('record', '$.ended_at')) }} as ended_at,
        {{ json_text('record', '$.justification') }} as justification,
        {{ json_text('record', '$.incident_id') }} as incident_id,
        {{ json_bool('record', '$.is_drill') }} as is_drill,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ utc(json_text('record', '$.approved_at')) }} as approved_at,
        {{ json_text('record', '$.reviewed_by') }} as reviewed_by,
        {{ utc(json_text('record', '$.reviewed_at')) }} as reviewed_at,
        {{ utc(json_text('record', '$.credential_rotated_at')) }} as credential_rotated_at,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
