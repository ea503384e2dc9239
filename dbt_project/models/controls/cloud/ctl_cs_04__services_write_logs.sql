-- One row for each demand and each resource that it is about; what a region refused is one unknown row a demand.
with watched as (
    select
        *,
        coalesce(resource_id, service || ' of ' || region) as resource,
        error_code is not null as is_refused
    from {{ ref('stg_aws_monitoring__resources') }}
    where _day = {{ as_of_day() }} and (resource_id is not null or error_code is not null)
),

listed as (
    select
        *,
        coalesce(resource_id, service || ' of ' || region) as resource,
        error_code is not null as is_refused
    from {{ ref('stg_aws_services__resources') }}
    where _day = {{ as_of_day() }} and (resource_id is not null or error_code is not null)
),

-- Selectors of trails that log: whether one takes every object of every bucket, for reading and for writing.
selected as (
    select
        max(case when {{ selects_all_objects('selectors.selectors', 'selectors.advanced_selectors') }} then 1 else 0 end) = 1 as is_logged,
        max(case when selectors.error_code is not null or status.is_logging is null then 1 else 0 end) = 1 as is_refused,
        count(*) as trails
    from {{ ref('stg_aws_trail_config__event_selectors') }} as selectors
    left join {{ ref('stg_aws_trail_config__trail_status') }} as status
        on status._day = selectors._day and status.trail_arn = selectors.trail_arn
    where selectors._day = {{ as_of_day() }} and coalesce(status.is_logging, true)
),

population as (
    select
        'vpc_flow_logs' as demand,
        'NO_LOG' as code,
        resource,
        region,
        not exists (
            select 1
            from {{ json_each(json_value('watched.settings', '$.FlowLogs')) }} as item
            where {{ json_text('item.element', '$.FlowLogStatus') }} = 'ACTIVE'
                and coalesce({{ json_text('item.element', '$.DeliverLogsStatus') }}, 'SUCCESS') = 'SUCCESS'
        ) as is_violated,
        is_refused as is_unknown
    from watched
    where service = 'ec2'

    union all

    select
        'lb_logs',
        'NO_LOG',
        coalesce(load_balancer_arn, 'load balancers of ' || region),
        region,
        coalesce(not is_logged, false),
        error_code is not null or is_logged is null
    from {{ ref('stg_aws_edge__load_balancers') }}
    -- Balancers of type gateway have no access log: the firewall behind them writes it.
    where _day = {{ as_of_day() }} and (load_balancer_arn is not null or error_code is not null) and coalesce(balancer_type, '') <> 'gateway'

    union all

    select
        'lb_logs',
        'NO_LOG',
        coalesce(name, 'classic load balancers') || ' of ' || region,
        region,
        coalesce(not is_logged, false),
        error_code is not null or is_logged is null
    from {{ ref('stg_aws_edge__classic_load_balancers') }}
    where _day = {{ as_of_day() }} and (name is not null or error_code is not null)

    union all

    select
        'api_gateway_logs',
        'NO_LOG',
        resource,
        region,
        {{ json_text('settings', '$.accessLogSettings.destinationArn') }} is null
        and not coalesce(list_has_any({{ json_text('settings', '$.methodSettings.*.loggingLevel') }}, ['INFO', 'ERROR']), false),
        is_refused
    from listed
    where service = 'apigateway'

    union all

    select
        'api_gateway_logs',
        'NO_LOG',
        resource,
        region,
        {{ json_text('settings', '$.AccessLogSettings.DestinationArn') }} is null,
        is_refused
    from watched
    where service = 'apigatewayv2'

    union all

    select
        'waf_logs',
        'NO_LOG',
        resource,
        region,
        {{ json_text('settings', '$.Logging.ResourceArn') }} is null,
        is_refused
    from watched
    where service = 'wafv2'

    union all

    select
        'cloudfront_logs',
        'NO_LOG',
        coalesce(distribution_arn, distribution_id),
        'all regions',
        not coalesce(is_logged, false) and not coalesce(is_delivered, false),
        error_code is not null or (not coalesce(is_logged, false) and is_delivered is null)
    from {{ ref('stg_aws_monitoring__distribution_logs') }}
    where _day = {{ as_of_day() }}

    union all

    select
        'rds_logs',
        'NO_DATA_LOG',
        coalesce(database_id, 'databases of ' || region),
        region,
        coalesce({{ is_empty_list('log_exports') }}, true),
        error_code is not null
    from {{ ref('stg_aws_data__db_instances') }}
    where _day = {{ as_of_day() }} and (database_id is not null or error_code is not null) and cluster_name is null

    union all

    select
        'rds_logs',
        'NO_DATA_LOG',
        coalesce(database_id, 'clusters of ' || region),
        region,
        coalesce({{ is_empty_list('log_exports') }}, true),
        error_code is not null
    from {{ ref('stg_aws_data__db_clusters') }}
    where _day = {{ as_of_day() }} and (database_id is not null or error_code is not null)

    union all

    select
        'redshift_audit_logs',
        'NO_DATA_LOG',
        database_id,
        region,
        coalesce(not is_logged, false),
        error_code is not null or is_logged is null
    from {{ ref('stg_aws_data__redshift_logging') }}
    where _day = {{ as_of_day() }}

    union all

    select
        'opensearch_logs',
        'NO_DATA_LOG',
        resource,
        region,
        not coalesce({{ json_bool('settings', '$.LogPublishingOptions.AUDIT_LOGS.Enabled') }}, false),
        is_refused
    from listed
    where service = 'opensearch'

    union all

    select
        'other_service_logs',
        'NO_SERVICE_LOG',
        resource,
        region,
        coalesce({{ json_text('settings', '$.loggingConfiguration.level') }}, 'OFF') = 'OFF',
        is_refused
    from watched
    where service = 'stepfunctions'

    union all

    select
        'other_service_logs',
        'NO_SERVICE_LOG',
        coalesce(zone_id, 'hosted zones of ' || account_id),
        'all regions',
        query_log_arn is null,
        error_code is not null
    from {{ ref('stg_aws_monitoring__zones') }}
    -- Queries of a private zone are logged by the resolver, not by the zone.
    where _day = {{ as_of_day() }} and (zone_id is not null or error_code is not null) and not coalesce(is_private, false)

    union all

    select
        's3_access_logging',
        'NO_DATA_LOG',
        bucket_name,
        'all regions',
        target_bucket is null,
        error_code is not null
    from {{ ref('stg_aws_storage__bucket_logging') }}
    where _day = {{ as_of_day() }}

    union all

    select
        's3_data_events',
        'NO_DATA_LOG',
        'data events of the account',
        'all regions',
        not coalesce(is_logged, false),
        is_refused and not coalesce(is_logged, false)
    from selected

    union all

    select
        'log_retention_365d',
        'RETENTION_SHORT',
        resource,
        region,
        -- Without a setting a group keeps for ever.
        coalesce({{ json_int('settings', '$.retentionInDays') }} < {{ param('retention_days') }}, false),
        is_refused
    from listed
    where service = 'logs'

    union all

    select
        'log_group_not_public',
        'OPEN_TO_ALL',
        resource,
        region,
        {{ is_open_policy(json_document(json_text('settings', '$.policyDocument'))) }},
        is_refused or (resource_id is not null and {{ policy_statements(json_document(json_text('settings', '$.policyDocument'))) }} is null)
    from watched
    where service = 'logs'
),

judged as (
    select
        *,
        {{ codes([
            ('NO_LOG', "code = 'NO_LOG' and is_violated and not is_unknown"),
            ('OPEN_TO_ALL', "code = 'OPEN_TO_ALL' and is_violated and not is_unknown"),
            ('NO_DATA_LOG', "code = 'NO_DATA_LOG' and is_violated and not is_unknown"),
            ('NO_SERVICE_LOG', "code = 'NO_SERVICE_LOG' and is_violated and not is_unknown"),
            ('RETENTION_SHORT', "code = 'RETENTION_SHORT' and is_violated and not is_unknown"),
        ]) }} as codes
    from population
)

select
    demand || '|' || resource as entity_key,
    resource || ': ' || demand as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case when is_unknown then 'Could not be read.' when is_violated then 'Not as the demand asks.' else 'As the demand asks.' end as reason,
    region,
    resource,
    {{ demands([
        ('vpc_flow_logs', "demand = 'vpc_flow_logs'"),
        ('lb_logs', "demand = 'lb_logs'"),
        ('api_gateway_logs', "demand = 'api_gateway_logs'"),
        ('waf_logs', "demand = 'waf_logs'"),
        ('cloudfront_logs', "demand = 'cloudfront_logs'"),
        ('rds_logs', "demand = 'rds_logs'"),
        ('redshift_audit_logs', "demand = 'redshift_audit_logs'"),
        ('opensearch_logs', "demand = 'opensearch_logs'"),
        ('other_service_logs', "demand = 'other_service_logs'"),
        ('s3_access_logging', "demand = 's3_access_logging'"),
        ('s3_data_events', "demand = 's3_data_events'"),
        ('log_retention_365d', "demand = 'log_retention_365d'"),
        ('log_group_not_public', "demand = 'log_group_not_public'"),
    ]) }} as demands
from judged
