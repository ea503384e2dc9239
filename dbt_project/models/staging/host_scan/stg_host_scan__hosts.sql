with source as (
    {{ new_runs('host_scan', 'hosts') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.host_id') }} as host_id,
        {{ json_bool('record', '$.ntp_active') }} as is_ntp_active,
        {{ number_of(json_text('record', '$.offset_ms')) }} as offset_ms,
        {{ utc(json_text('record', '$.last_sync_at')) }} as last_sync_at,
        {{ utc(json_text('record', '$.scanned_at')) }} as scanned_at
    from source
)

select * from renamed
