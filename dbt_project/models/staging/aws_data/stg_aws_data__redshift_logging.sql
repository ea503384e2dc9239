with source as (
    {{ new_runs('aws_data', 'redshift_logging') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        'arn:aws:redshift:' || {{ json_text('parent', '$.Region') }} || ':' || {{ json_text('parent', '$.Account') }} || ':cluster:' || {{ json_text('parent', '$.ClusterIdentifier') }} as database_id,
        {{ json_bool('record', '$.LoggingEnabled') }} as is_logged,
        {{ json_text('record', '$.BucketName') }} as bucket_name,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
