with source as (
    {{ new_runs('aws_monitoring', 'distribution_logs') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.DistributionId') }} as distribution_id,
        {{ json_text('parent', '$.ARN') }} as distribution_arn,
        {{ json_text('parent', '$.Comment') }} as comment,
        {{ json_bool('record', '$.Logging.Enabled') }} as is_logged,
        {{ json_bool('record', '$.Delivered') }} as is_delivered,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
