with source as (
    {{ new_runs('aws_log_integrity', 'digests') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.TrailARN') }} as trail_arn,
        {{ json_text('parent', '$.Region') }} as region,
        cast({{ json_text('parent', '$.Day') }} as date) as digest_day,
        {{ json_text('parent', '$.Key') }} as digest_key,
        {{ utc(json_text('record', '$.Digest.digestEndTime')) }} as ended_at,
        {{ json_text('record', '$.ContentHash') }} as content_hash,
        {{ json_text('record', '$.Signature') }} as signature,
        {{ json_text('record', '$.Digest.digestPublicKeyFingerprint') }} as key_fingerprint,
        {{ json_bool('record', '$.IsKeyKnown') }} as is_key_known,
        {{ json_bool('record', '$.IsSignatureValid') }} as is_signature_valid,
        {{ json_text('record', '$.Digest.previousDigestS3Object') }} as previous_key,
        {{ json_text('record', '$.Digest.previousDigestHashValue') }} as previous_hash,
        {{ json_text('record', '$.Digest.previousDigestSignature') }} as previous_signature,
        {{ json_value('record', '$.Files') }} as files,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
