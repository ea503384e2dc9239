with source as (
    {{ new_runs('statuspage', 'incidents') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.id') }} as post_id,
        {{ json_text('record', '$.name') }} as name,
        {{ json_text('record', '$.status') }} as status,
        {{ json_text('record', '$.impact') }} as impact,
        {{ json_text('record', '$.shortlink') }} as shortlink,
        {{ utc(json_text('record', '$.created_at')) }} as created_at,
        {{ oldest_time_where(json_value('record', '$.incident_updates'), 'created_at', 'deliver_notifications', 'true') }} as notified_at
    from source
    where error is null
)

select * from renamed
