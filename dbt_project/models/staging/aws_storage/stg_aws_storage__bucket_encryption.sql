with source as (
    {{ new_runs('aws_storage', 'bucket_encryption') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Bucket') }} as bucket_name,
        {{ json_text('record', '$.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm') }} as algorithm,
        {{ json_text('record', '$.Rules[0].ApplyServerSideEncryptionByDefault.KMSMasterKeyID') }} as kms_key_ref,
        {{ json_bool('record', '$.Rules[0].BucketKeyEnabled') }} as is_bucket_key_enabled,
        {{ json_text('record', '$.Rules[0].BlockedEncryptionTypes') }} like '%SSE-C%' as is_sse_c_blocked,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
