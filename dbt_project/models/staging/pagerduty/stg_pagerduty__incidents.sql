with source as ({{ new_runs('pagerduty', 'incidents') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('record', '$.id') }} as incident_id,
        {{ json_text('record', '$.service.id') }} as service_id,
        {{ json_int('record', '$.incident_number') }} as incident_number,

        -- what
        {{ json_text('record', '$.service.summary') }} as service,
        {{ json_text('record', '$.title') }} as title,
        {{ json_text('record', '$.status') }} as status,
        {{ json_text('record', '$.urgency') }} as urgency,
        {{ json_text('record', '$.priority.summary') }} as priority,

        -- times
        {{ utc(json_text('record', '$.created_at')) }} as created_at,
        {{ utc(json_text('record', '$.resolved_at')) }} as resolved_at
    from source
    where error is null
)

select * from renamed
