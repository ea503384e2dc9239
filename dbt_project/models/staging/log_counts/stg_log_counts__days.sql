with source as (
    {{ new_runs('log_counts', 'days') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.stream_id') }} as stream_id,
        {{ json_text('record', '$.event_type') }} as event_type,
        try_cast({{ json_text('record', '$.day') }} as date) as day,
        {{ json_int('record', '$.event_count') }} as event_count,
        {{ json_int('record', '$.failure_count') }} as failure_count,
        {{ json_int('record', '$.reader_count') }} as reader_count,
        {{ json_int('record', '$.source_count') }} as source_count,
        {{ json_int('record', '$.heartbeat_count') }} as heartbeat_count,
        {{ json_int('record', '$.late_count') }} as late_count,
        {{ utc_with_zone(json_text('record', '$.min_ts')) }} as first_event_at,
        {{ utc_with_zone(json_text('record', '$.max_ts')) }} as last_event_at
    from source
    where error is null
)

select * from renamed
