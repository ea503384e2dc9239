with source as (
    {{ new_runs('aws_data', 'kms_rotation_status') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.KeyArn') }} as key_arn,
        {{ json_bool('record', '$.KeyRotationEnabled') }} as is_rotation_enabled,
        {{ json_int('record', '$.RotationPeriodInDays') }} as period_days,
        {{ utc(json_text('record', '$.NextRotationDate')) }} as next_rotation_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
