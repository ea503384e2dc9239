with endpoints as (
    select
        *,
        serves_plaintext and not (only_redirects and {{ param('plaintext_redirect_allowed') }}) as is_plain,
        {{ older_protocols('protocols', param('min_tls')) }} as old_protocols,
        coalesce(is_internal, false) and not {{ param('internal_included') }} as is_left_out
    from {{ ref('dim_tls_endpoint') }}
),

refused as (
    select kind, region, account_id, error_code
    from (
        select 'load balancers' as kind, region, account_id, error_code, _day from {{ ref('stg_aws_edge__load_balancers') }}
        union all
        select 'listeners of ' || load_balancer_arn, region, null, error_code, _day from {{ ref('stg_aws_edge__listeners') }}
        union all
        select 'classic load balancers', region, account_id, error_code, _day from {{ ref('stg_aws_edge__classic_load_balancers') }}
        union all
        select 'API domains', region, account_id, error_code, _day from {{ ref('stg_aws_edge__api_domains') }}
        union all
        select service || ' resources', region, account_id, error_code, _day from {{ ref('stg_aws_edge__managed_services') }}
    ) as answers
    where _day = {{ as_of_day() }} and error_code is not null
),

population as (
    select
        kind,
        endpoint_id,
        name,
        region,
        account_id,
        protocol,
        policy,
        protocols,
        old_protocols,
        coalesce(is_plain, false) as is_plain,
        coalesce(not {{ is_empty_list('old_protocols') }}, false) as is_old,
        coalesce(not drops_invalid_headers, false) as keeps_invalid_headers,
        drops_invalid_headers is not null as is_application_listener,
        kind = 'external host' or is_left_out or not is_enabled as is_excluded,
        -- Whether a database refuses plaintext is judged by EN-12.
        protocols is null or (serves_plaintext is null and kind <> 'database') as is_unknown,
        owner_key,
        case
            when kind = 'external host' then 'Another provider terminates its traffic; its scan is judged by EN-03.'
            when not is_enabled then 'It is disabled or being deleted, so nobody is answered.'
            when is_left_out then 'It is reached from inside only.'
        end as excluded_reason,
        case
            when kind = 'host' then 'Registered, but nothing in the cloud answers to this name.'
            when kind = 'database' then 'Which versions of TLS it accepts could not be read, or is not in effect yet.'
            when kind = 'managed service' then 'What it accepts from clients, or between its nodes, could not be read.'
            when serves_plaintext is null then 'A ' || coalesce(protocol, '?') || ' listener passes bytes on; whether what stands behind it speaks TLS, only a scan tells.'
            else 'Which protocols ' || coalesce(policy, 'its setting') || ' accepts is not known.'
        end as unknown_reason
    from endpoints

    union all

    select
        'region', coalesce(region, '?') || '|' || kind, kind || ' of ' || coalesce(region, '?'), region, account_id, null, null, null, {{ empty_codes() }},
        false, false, false, false, false, true, null, null, 'The ' || kind || ' could not be listed (' || error_code || ').'
    from refused
),

judged as (
    select
        *,
        {{ codes([
            ('PLAINTEXT_LISTENER', "is_plain and kind in ('listener', 'classic listener') and not is_excluded"),
            ('OLD_TLS_ALLOWED', 'is_old and not is_excluded'),
            ('VIEWER_HTTP_ALLOWED', "is_plain and kind = 'distribution' and not is_excluded"),
            ('ORIGIN_PLAINTEXT', "is_plain and kind = 'origin' and not is_excluded"),
            ('MANAGED_PLAINTEXT', "is_plain and kind = 'managed service' and not is_excluded"),
            ('DB_TLS_NOT_FORCED', "is_plain and kind = 'database' and not is_excluded"),
            ('INVALID_HEADERS_KEPT', 'keeps_invalid_headers and not is_excluded'),
        ]) }} as codes
    from population
)

select
    endpoint_id as entity_key,
    name as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_excluded') }} as result,
    codes,
    case
        when is_excluded then excluded_reason
        when is_plain and kind in ('listener', 'classic listener') then 'Serves content without TLS.'
        when is_plain and kind = 'distribution' then 'At least one behaviour lets viewers use plain HTTP.'
        when is_plain and kind = 'origin' then 'CloudFront asks this origin over plain HTTP.'
        when is_plain and kind = 'managed service' then 'Accepts plaintext from clients, or between its nodes (' || coalesce(policy, '?') || ').'
        when is_old then 'Accepts ' || {{ joined('old_protocols') }} || '.'
        when is_unknown then unknown_reason
        when protocol = 'HTTP' then 'All it does is to send clients to HTTPS.'
        else 'Accepts ' || {{ listed('protocols') }} || ' only.'
    end as reason,
    endpoint_id,
    kind,
    region,
    account_id,
    protocols,
    policy,
    is_plain as plaintext,
    cast({{ as_of_day() }} as date) as snapshot_on,
    {{ demands([
        ('alb_redirects_https', 'is_application_listener'),
        ('alb_drop_invalid_headers', 'is_application_listener'),
        ('classic_lb_tls', "kind = 'classic listener'"),
        ('tls_version_1_2', "kind in ('listener', 'classic listener', 'distribution', 'origin')"),
        ('opensearch_node_to_node', "kind = 'managed service' and protocol = 'opensearch'"),
        ('kafka_tls', "kind = 'managed service' and protocol = 'kafka'"),
        ('dax_dms_transfer_tls', "kind = 'managed service' and protocol in ('dax', 'dms', 'transfer')"),
        ('cloudfront_https', "kind in ('distribution', 'origin')"),
    ]) }} as demands
from judged
