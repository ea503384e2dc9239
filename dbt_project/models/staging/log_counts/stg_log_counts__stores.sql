with source as (
    {{ new_runs('log_counts', 'stores') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.stream_id') }} as stream_id,
        {{ json_text('record', '$.destination_ref') }} as destination_ref,
        {{ utc_with_zone(json_text('record', '$.oldest_event_at')) }} as oldest_event_at
    from source
    where error is null
)

select * from renamed
