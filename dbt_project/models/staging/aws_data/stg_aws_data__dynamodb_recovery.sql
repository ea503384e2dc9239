with source as (
    {{ new_runs('aws_data', 'dynamodb_recovery') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.TableArn') }} as database_id,
        {{ json_text('record', '$.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus') }} as recovery_status,
        {{ json_int('record', '$.PointInTimeRecoveryDescription.RecoveryPeriodInDays') }} as recovery_days,
        {{ utc(json_text('record', '$.PointInTimeRecoveryDescription.LatestRestorableDateTime')) }} as restorable_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
