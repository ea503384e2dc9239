with source as (
    {{ new_runs('aws_edge', 'managed_services') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('parent', '$.Service') }} as service,
        coalesce({{ json_text('item.element', '$.ARN') }}, {{ json_text('item.element', '$.ClusterArn') }}, {{ json_text('item.element', '$.EndpointArn') }}, {{ json_text('item.element', '$.Arn') }}) as resource_arn,
        coalesce({{ json_text('item.element', '$.DomainName') }}, {{ json_text('item.element', '$.ClusterName') }}, {{ json_text('item.element', '$.EndpointIdentifier') }}, {{ json_text('item.element', '$.ServerId') }}) as name,
        {{ json_bool('item.element', '$.DomainEndpointOptions.EnforceHTTPS') }} as search_enforces_https,
        {{ json_text('item.element', '$.DomainEndpointOptions.TLSSecurityPolicy') }} as search_tls_policy,
        {{ json_bool('item.element', '$.NodeToNodeEncryptionOptions.Enabled') }} as search_encrypts_between_nodes,
        {{ json_value('item.element', '$.Serverless') }} is not null as kafka_is_serverless,
        {{ json_text('item.element', '$.Provisioned.EncryptionInfo.EncryptionInTransit.ClientBroker') }} as kafka_client_broker,
        {{ json_bool('item.element', '$.Provisioned.EncryptionInfo.EncryptionInTransit.InCluster') }} as kafka_encrypts_in_cluster,
        {{ json_text('item.element', '$.ClusterEndpointEncryptionType') }} as dax_encryption_type,
        {{ json_text('item.element', '$.EngineName') }} as dms_engine,
        {{ json_text('item.element', '$.RedisSettings.SslSecurityProtocol') }} as dms_redis_security,
        {{ json_texts('item.element', '$.Protocols') }} as transfer_protocols,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
