with source as (
    {{ new_runs('aws_edge', 'listeners') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.LoadBalancerArn') }} as load_balancer_arn,
        {{ json_text('item.element', '$.ListenerArn') }} as listener_arn,
        {{ json_text('item.element', '$.Protocol') }} as protocol,
        {{ json_int('item.element', '$.Port') }} as port,
        {{ json_text('item.element', '$.SslPolicy') }} as ssl_policy,
        {{ json_value('item.element', '$.DefaultActions') }} as default_actions,
        {{ json_value('item.element', '$.Rules') }} as rules,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
