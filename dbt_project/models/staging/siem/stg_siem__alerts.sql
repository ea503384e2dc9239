with source as (
    {{ new_runs('siem', 'alerts') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.alert_id') }} as alert_id,
        {{ json_text('record', '$.rule_id') }} as rule_id,
        {{ json_text('record', '$.title') }} as title,
        {{ json_text('record', '$.severity') }} as severity,
        {{ json_text('record', '$.status') }} as status,
        {{ utc(json_text('record', '$.created_at')) }} as created_at,
        {{ json_text('record', '$.entity') }} as entity,
        {{ utc(json_text('record', '$.notified_at')) }} as notified_at,
        {{ json_text('record', '$.notified_to') }} as notified_to,
        {{ json_text('record', '$.assignee') }} as assignee,
        {{ utc(json_text('record', '$.ack_at')) }} as acknowledged_at,
        {{ utc(json_text('record', '$.closed_at')) }} as closed_at,
        {{ json_text('record', '$.closed_by') }} as closed_by,
        {{ json_text('record', '$.disposition') }} as disposition,
        {{ json_text('record', '$.notes') }} as notes,
        {{ json_text('record', '$.incident_id') }} as incident_id,
        {{ json_text('record', '$.suppressed_by') }} as suppressed_by,
        {{ json_text('record', '$.finding_id') }} as finding_id,
        {{ json_bool('record', '$.is_test') }} as is_test
    from source
    where error is null
)

select * from renamed
