with source as (
    {{ new_runs('aws_log_integrity', 'access_records') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Bucket') }} as bucket_name,
        {{ json_text('record', '$.LoggingEnabled.TargetBucket') }} as target_bucket,
        {{ json_bool('record', '$.HasRecord') }} as has_record,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
