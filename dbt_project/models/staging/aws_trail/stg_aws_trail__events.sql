{{ config(keep_raw=false) }}

with source as (
    {{ new_runs('aws_trail', 'events') }}
),

opened as (
    select
        *,
        {{ json_text('record', '$.CloudTrailEvent') }} as event
    from source
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.EventId') }} as event_id,
        {{ json_text('record', '$.EventName') }} as event_name,
        {{ json_text('record', '$.EventSource') }} as event_source,
        coalesce({{ utc(json_text('event', '$.eventTime')) }}, {{ utc(json_text('record', '$.EventTime')) }}) as occurred_at,
        {{ json_text('event', '$.awsRegion') }} as region,
        {{ json_text('record', '$.Username') }} as username,
        {{ json_text('event', '$.userIdentity.arn') }} as principal_arn,
        {{ json_text('event', '$.userIdentity.type') }} as principal_type,
        case
            when {{ json_text('event', '$.userIdentity.type') }} = 'AssumedRole'
                then {{ last_part(json_text('event', '$.userIdentity.arn')) }}
        end as session_name,
        coalesce({{ json_text('event', '$.userIdentity.accessKeyId') }}, {{ json_text('record', '$.AccessKeyId') }})
            as access_key_id,
        {{ json_text('event', '$.sourceIPAddress') }} as source_ip,
        {{ json_text('event', '$.userAgent') }} as user_agent,
        {{ json_text('event', '$.userIdentity.invokedBy') }} as invoked_by,
        {{ json_text('event', '$.errorCode') }} as error_code,
        {{ json_value('event', '$.requestParameters') }} as request_parameters,
        event as record
    from opened
    where error is null
)

select * from renamed
