with source as (
    {{ new_runs('tls_probe', 'notices') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('parent', '$.NoticeId') }} as notice_id,
        {{ json_text('parent', '$.Url') }} as url,
        _fetched_at as probed_at,
        {{ json_int('record', '$.status') }} as http_status,
        {{ json_text('record', '$.error') }} as http_error,
        {{ json_text('record', '$.contentSha256') }} as content_sha256,
        {{ json_text('record', '$.text') }} as content_text
    from source
)

select * from renamed
