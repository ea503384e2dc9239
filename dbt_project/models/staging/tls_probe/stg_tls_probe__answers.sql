with source as (
    {{ new_runs('tls_probe', 'answers') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Hostname') }} as hostname,
        _fetched_at as probed_at,
        {{ json_int('record', '$.http.status') }} as http_status,
        {{ json_text('record', '$.http.location') }} as http_location,
        {{ json_text('record', '$.http.error') }} as http_error,
        {{ json_int('record', '$.https[0].status') }} as https_status,
        {{ json_text('record', '$.https[0].error') }} as https_error,
        {{ json_texts('record', '$.https[0].hsts') }} as hsts_headers,
        {{ json_int('record', '$.https[1].status') }} as missing_page_status,
        {{ json_texts('record', '$.https[1].hsts') }} as missing_page_hsts_headers
    from source
)

select * from renamed
