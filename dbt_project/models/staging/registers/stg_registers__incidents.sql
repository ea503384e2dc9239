with source as (
    {{ new_runs('registers', 'incidents') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.incident_id') }} as incident_id,
        {{ json_text('record', '$.title') }} as title,
        {{ json_text('record', '$.source') }} as source,
        {{ utc(json_text('record', '$.detected_at')) }} as detected_at,
        {{ utc(json_text('record', '$.declared_at')) }} as declared_at,
        {{ json_text('record', '$.commander_id') }} as commander_id,
        {{ register_list('record', '$.pagerduty_ids') }} as pagerduty_ids,
        {{ register_list('record', '$.alarms') }} as alarms,
        {{ utc(json_text('record', '$.resolved_at')) }} as resolved_at,
        {{ json_text('record', '$.excluded_as') }} as excluded_as,
        {{ json_text('record', '$.excluded_by') }} as excluded_by,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
