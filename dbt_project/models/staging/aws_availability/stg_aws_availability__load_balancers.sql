with source as (
    {{ new_runs('aws_availability', 'load_balancers') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.LoadBalancerArn') }} as balancer_id,
        {{ json_text('item.element', '$.LoadBalancerName') }} as name,
        {{ json_text('item.element', '$.Type') }} as balancer_type,
        {{ json_text('item.element', '$.Scheme') }} as scheme,
        {{ json_text('item.element', '$.State.Code') }} as state,
        {{ utc(json_text('item.element', '$.CreatedTime')) }} as created_at,
        {{ json_array_texts(json_value('item.element', '$.AvailabilityZones'), 'ZoneName') }} as availability_zones,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
