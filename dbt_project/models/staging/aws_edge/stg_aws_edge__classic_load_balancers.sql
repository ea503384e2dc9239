with source as (
    {{ new_runs('aws_edge', 'classic_load_balancers') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.LoadBalancerName') }} as name,
        {{ json_text('item.element', '$.DNSName') }} as dns_name,
        {{ json_text('item.element', '$.Scheme') }} as scheme,
        {{ json_value('item.element', '$.ListenerDescriptions') }} as listeners,
        {{ json_value('item.element', '$.PolicyDescriptions') }} as policies,
        {{ json_bool('item.element', '$.Attributes.AccessLog.Enabled') }} as is_logged,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
