with source as (
    {{ new_runs('registers', 'emergency_changes') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.change_ref') }} as change_ref,
        {{ utc(json_text('record', '$.declared_at')) }} as declared_at,
        {{ json_text('record', '$.declared_by') }} as declared_by,
        {{ json_text('record', '$.justification') }} as justification,
        {{ json_text('record', '$.approver_id') }} as approver_id,
        {{ utc(json_text('record', '$.approved_at')) }} as approved_at,
        {{ json_text('record', '$.incident_id') }} as incident_id,
        {{ json_bool('record', '$.waiver') }} as waiver,
        {{ utc(json_text('record', '$.retro_review_at')) }} as retro_review_at,
        {{ json_text('record', '$.retro_reviewer_id') }} as retro_reviewer_id,
        {{ json_text('record', '$.postmortem_uri') }} as postmortem_uri,
        {{ utc(json_text('record', '$.postmortem_at')) }} as postmortem_at,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
