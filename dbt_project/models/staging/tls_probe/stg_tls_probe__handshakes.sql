with source as (
    {{ new_runs('tls_probe', 'handshakes') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Hostname') }} as hostname,
        {{ json_text('record', '$.ipAddress') }} as ip,
        _fetched_at as probed_at,
        {{ json_text('record', '$.status') }} as status,
        {{ json_text('record', '$.statusMessage') }} as status_message,
        {{ json_texts('record', '$.protocols') }} as protocols,
        {{ json_text('record', '$.cipher') }} as cipher,
        {{ json_bool('record', '$.isTrusted') }} as is_trusted,
        {{ json_bool('record', '$.nameMatches') }} as name_matches,
        {{ json_text('record', '$.verifyMessage') }} as verify_message,
        {{ utc(json_text('record', '$.certificate.notAfter')) }} as cert_not_after
    from source
)

select * from renamed
