with source as (
    {{ new_runs('aws_trail_config', 'trail_status') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.TrailARN') }} as trail_arn,
        {{ json_bool('record', '$.IsLogging') }} as is_logging,
        {{ utc(json_text('record', '$.LatestDeliveryTime')) }} as latest_delivery_at,
        {{ json_text('record', '$.LatestDeliveryError') }} as latest_delivery_error,
        {{ utc(json_text('record', '$.LatestDigestDeliveryTime')) }} as latest_digest_at,
        {{ utc(json_text('record', '$.StartLoggingTime')) }} as logging_started_at,
        {{ utc(json_text('record', '$.StopLoggingTime')) }} as logging_stopped_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
