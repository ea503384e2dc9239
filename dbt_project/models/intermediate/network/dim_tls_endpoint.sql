-- What terminates or forwards clients' traffic on the day judged, of every kind in one shape. serves_plaintext and
-- protocols are null where the configuration does not say.
with listeners as (
    select
        'listener' as kind,
        listeners.listener_arn as endpoint_id,
        balancers.name || ' ' || listeners.protocol || ' ' || cast(listeners.port as varchar) as name,
        listeners.region,
        balancers.account_id,
        listeners.protocol,
        listeners.ssl_policy as policy,
        case
            when listeners.protocol = 'HTTP' then true
            when listeners.protocol in ('HTTPS', 'TLS') then false
        end as serves_plaintext,
        listeners.protocol = 'HTTP'
            and {{ all_https_redirects('listeners.default_actions') }}
            and {{ all_https_redirects(actions_of_rules('listeners.rules')) }} as only_redirects,
        case
            when listeners.protocol = 'HTTP' then {{ empty_codes() }}
            when listeners.protocol in ('HTTPS', 'TLS') then policies.protocols
        end as protocols,
        balancers.scheme = 'internal' as is_internal,
        true as is_enabled,
        case when balancers.balancer_type = 'application' then balancers.drops_invalid_headers end as drops_invalid_headers,
        cast(null as varchar) as owner_key
    from {{ ref('stg_aws_edge__listeners') }} as listeners
    left join {{ ref('stg_aws_edge__load_balancers') }} as balancers
        on balancers._day = listeners._day and balancers.load_balancer_arn = listeners.load_balancer_arn
    left join {{ ref('stg_aws_edge__ssl_policies') }} as policies
        on policies._day = listeners._day and policies.policy_name = listeners.ssl_policy
    where listeners._day = {{ as_of_day() }} and listeners.listener_arn is not null
),

classic_listeners as (
    select
        balancers.*,
        {{ json_text('item.element', '$.Listener.Protocol') }} as protocol,
        {{ json_int('item.element', '$.Listener.LoadBalancerPort') }} as port,
        {{ json_texts('item.element', '$.PolicyNames') }} as policy_names
    from {{ ref('stg_aws_edge__classic_load_balancers') }} as balancers
    cross join {{ json_each('balancers.listeners') }} as item(element)
    where balancers._day = {{ as_of_day() }} and balancers.name is not null
),

classics as (
    select
        'classic listener',
        'arn:aws:elasticloadbalancing:' || region || ':' || account_id || ':loadbalancer/' || name || ':' || cast(port as varchar),
        name || ' ' || protocol || ' ' || cast(port as varchar),
        region,
        account_id,
        protocol,
        {{ joined('policy_names', ' ') }},
        case when protocol = 'HTTP' then true when protocol in ('HTTPS', 'SSL') then false end,
        false,
        case
            when protocol = 'HTTP' then {{ empty_codes() }}
            when protocol in ('HTTPS', 'SSL') then {{ classic_protocols('policies', 'policy_names') }}
        end,
        scheme = 'internal',
        true,
        cast(null as boolean),
        cast(null as varchar)
    from classic_listeners
),

distributions as (
    select
        *,
        default_viewer_policy = 'allow-all' or {{ includes('other_viewer_policies', "'allow-all'") }} as lets_viewers_use_http
    from {{ ref('stg_aws_edge__distributions') }}
    where _day = {{ as_of_day() }}
),

viewers as (
    select
        'distribution',
        distribution_arn,
        coalesce({{ first_item('aliases') }}, domain_name),
        'global',
        account_id,
        'HTTPS',
        case when uses_default_certificate then 'default certificate' else minimum_protocol end,
        lets_viewers_use_http,
        false,
        {{ protocols_from("case when uses_default_certificate then 'TLSv1' else split_part(minimum_protocol, '_', 1) end") }},
        false,
        is_enabled,
        cast(null as boolean),
        cast(null as varchar)
    from distributions
),

unfolded_origins as (
    select
        distributions.*,
        {{ json_text('item.element', '$.Id') }} as origin_id,
        {{ json_text('item.element', '$.CustomOriginConfig.OriginProtocolPolicy') }} as origin_policy,
        {{ json_texts('item.element', '$.CustomOriginConfig.OriginSslProtocols.Items') }} as origin_protocols,
        {{ json_value('item.element', '$.S3OriginConfig') }} is not null as is_bucket,
        coalesce({{ json_text('item.element', '$.OriginAccessControlId') }}, '') <> '' as is_signed
    from distributions
    cross join {{ json_each('distributions.origins') }} as item(element)
),

origins as (
    select
        'origin',
        distribution_arn || '|origin|' || origin_id,
        coalesce({{ first_item('aliases') }}, domain_name) || ' from ' || origin_id,
        'global',
        account_id,
        'HTTPS',
        coalesce(origin_policy, case when is_bucket then 'bucket' end),
        -- Without access control CloudFront asks a bucket the way the viewer asked CloudFront.
        case
            when origin_policy = 'http-only' then true
            when origin_policy = 'https-only' then false
            when origin_policy = 'match-viewer' then lets_viewers_use_http
            when is_bucket then not is_signed and lets_viewers_use_http
        end,
        false,
        case
            when origin_policy = 'http-only' then {{ empty_codes() }}
            when is_bucket then {{ protocols_from("'TLSv1.2'") }}
            else origin_protocols
        end,
        false,
        is_enabled,
        cast(null as boolean),
        cast(null as varchar)
    from unfolded_origins
),

domains as (
    select
        'API domain',
        region || '|' || domain_name,
        domain_name,
        region,
        account_id,
        'HTTPS',
        {{ joined('security_policies', ' ') }},
        false,
        false,
        {{ protocols_from(api_gateway_oldest('security_policies')) }},
        false,
        true,
        cast(null as boolean),
        cast(null as varchar)
    from {{ ref('stg_aws_edge__api_domains') }}
    where _day = {{ as_of_day() }} and domain_name is not null
),

-- Of DMS only Redis endpoints say whether they speak TLS in a word of their own.
managed as (
    select
        'managed service',
        resource_arn,
        service || ' ' || name,
        region,
        account_id,
        service,
        coalesce(search_tls_policy, kafka_client_broker, dax_encryption_type, dms_redis_security, {{ joined('transfer_protocols', ' ') }}),
        case
            when service = 'opensearch' then not (search_enforces_https and coalesce(search_encrypts_between_nodes, false))
            when service = 'kafka' then not (kafka_is_serverless or (kafka_client_broker = 'TLS' and coalesce(kafka_encrypts_in_cluster, true)))
            when service = 'dax' then dax_encryption_type <> 'TLS'
            when service = 'dms' then dms_redis_security <> 'ssl-encryption'
            when service = 'transfer' then {{ includes('transfer_protocols', "'FTP'") }}
        end,
        false,
        case
            when service <> 'opensearch' then {{ protocols_from("'TLSv1.2'") }}
            when search_tls_policy like 'Policy-Min-TLS-1-0-%' then {{ protocols_from("'TLSv1'") }}
            when search_tls_policy like 'Policy-Min-TLS-1-2-%' then {{ protocols_from("'TLSv1.2'") }}
        end,
        true,
        true,
        cast(null as boolean),
        cast(null as varchar)
    from {{ ref('stg_aws_edge__managed_services') }}
    where _day = {{ as_of_day() }} and resource_arn is not null and not (service = 'dms' and coalesce(dms_engine, '') <> 'redis')
),

databases as (
    select
        'database',
        database_id,
        name,
        region,
        account_id,
        engine,
        parameter_group,
        not forces_tls,
        false,
        protocols,
        true,
        status <> 'deleting',
        cast(null as boolean),
        owner_key
    from {{ ref('fct_db_transport') }}
),

known_names as (
    select unnested.name
    from distributions
    cross join {{ each_item('distributions.aliases') }} as unnested(name)
    union
    select domain_name from {{ ref('stg_aws_edge__api_domains') }} where _day = {{ as_of_day() }}
    union
    select dns_name from {{ ref('stg_aws_edge__load_balancers') }} where _day = {{ as_of_day() }}
    union
    select dns_name from {{ ref('stg_aws_edge__classic_load_balancers') }} where _day = {{ as_of_day() }}
),

known_balancers as (
    select distinct load_balancer_arn
    from {{ ref('stg_aws_edge__load_balancers') }}
    where _day = {{ as_of_day() }} and load_balancer_arn is not null
),

-- Registered names that lead to nothing above.
hosts as (
    select
        case when registered.resource_ref = 'external' then 'external host' else 'host' end,
        registered.hostname,
        registered.hostname,
        cast(null as varchar),
        cast(null as varchar),
        'HTTPS',
        cast(null as varchar),
        cast(null as boolean),
        false,
        cast(null as varchar[]),
        false,
        true,
        cast(null as boolean),
        people.person_key
    from ({{ newest(ref('stg_registers__endpoints')) }}) as registered
    left join {{ ref('int_person_refs') }} as people on people.ref = registered.owner_id
    left join known_names on lower(known_names.name) = lower(registered.hostname)
    left join known_balancers on known_balancers.load_balancer_arn = registered.resource_ref
    where registered.hostname is not null and known_names.name is null and known_balancers.load_balancer_arn is null
    qualify row_number() over (partition by registered.hostname order by registered._seq) = 1
)

select * from listeners
union all
select * from classics
union all
select * from viewers
union all
select * from origins
union all
select * from domains
union all
select * from managed
union all
select * from databases
union all
select * from hosts
