with source as (
    {{ new_runs('github_keys', 'credential_authorizations') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.credential_id') }} as credential_id,
        {{ json_text('record', '$.login') }} as login,
        {{ json_text('record', '$.credential_type') }} as credential_type,
        {{ json_text('record', '$.fingerprint') }} as fingerprint,
        {{ utc(json_text('record', '$.credential_authorized_at')) }} as authorized_at,
        {{ utc(json_text('record', '$.credential_accessed_at')) }} as accessed_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
