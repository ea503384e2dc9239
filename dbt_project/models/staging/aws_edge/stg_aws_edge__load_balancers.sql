with source as (
    {{ new_runs('aws_edge', 'load_balancers') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.LoadBalancerArn') }} as load_balancer_arn,
        {{ json_text('item.element', '$.LoadBalancerName') }} as name,
        {{ json_text('item.element', '$.DNSName') }} as dns_name,
        {{ json_text('item.element', '$.Type') }} as balancer_type,
        {{ json_text('item.element', '$.Scheme') }} as scheme,
        {{ json_text('item.element', '$.State.Code') }} as state,
        {{ json_array_texts(json_value('item.element', '$.AvailabilityZones'), 'ZoneName') }} as availability_zones,
        try_cast({{ first_item(json_texts_where(json_value('item.element', '$.Attributes'), 'Value', 'Key', 'routing.http.drop_invalid_header_fields.enabled')) }} as boolean) as drops_invalid_headers,
        try_cast({{ first_item(json_texts_where(json_value('item.element', '$.Attributes'), 'Value', 'Key', 'access_logs.s3.enabled')) }} as boolean) as is_logged,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
