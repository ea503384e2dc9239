with source as (
    {{ new_runs('aws_storage', 'bucket_logging') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Bucket') }} as bucket_name,
        {{ json_text('record', '$.LoggingEnabled.TargetBucket') }} as target_bucket,
        {{ json_text('record', '$.LoggingEnabled.TargetPrefix') }} as target_prefix,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
