with source as (
    {{ new_runs('tls_scan', 'hosts') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        lower({{ json_text('record', '$.host') }}) as hostname,
        {{ json_text('record', '$.status') }} as host_status,
        {{ from_millis(json_int('record', '$.testTime')) }} as scanned_at,
        {{ json_text('item.element', '$.ipAddress') }} as ip,
        {{ json_text('item.element', '$.grade') }} as grade,
        {{ json_text('item.element', '$.statusMessage') }} as status_message,
        {{ json_value('item.element', '$.details.protocols') }} as protocol_records,
        {{ json_value('record', '$.certs') }} as cert_records
    from source
    {{ each_or_none(json_value('record', '$.endpoints')) }}
)

select * from renamed
