with judged as (
    select kind, count(*) as endpoints
    from {{ ref('ctl_en_01__endpoints_speak_modern_tls') }}
    group by kind
),

answered as (
    select 'aws_edge.load_balancers' as source_table, region from {{ ref('stg_aws_edge__load_balancers') }} where _day = {{ as_of_day() }} and error_code is null
    union
    select 'aws_edge.classic_load_balancers', region from {{ ref('stg_aws_edge__classic_load_balancers') }} where _day = {{ as_of_day() }} and error_code is null
    union
    select 'aws_edge.api_domains', region from {{ ref('stg_aws_edge__api_domains') }} where _day = {{ as_of_day() }} and error_code is null
),

enabled as (
    select region
    from {{ ref('stg_aws_data__regions') }}
    where _day = {{ as_of_day() }} and is_enabled
),

checks as (
    select
        'listeners_judged' as check_name,
        'aws_edge.listeners' as scope,
        (select count(*) from {{ ref('stg_aws_edge__listeners') }} where _day = {{ as_of_day() }} and listener_arn is not null) as expected,
        (select sum(endpoints) from judged where kind = 'listener') as actual,
        'listeners the provider lists, each a row of the population' as detail

    union all

    select
        'distributions_judged',
        'aws_edge.distributions',
        (select count(*) from {{ ref('stg_aws_edge__distributions') }} where _day = {{ as_of_day() }} and distribution_arn is not null),
        (select sum(endpoints) from judged where kind = 'distribution'),
        'distributions the provider lists, each a row of the population'

    union all

    select
        'domains_judged',
        'aws_edge.api_domains',
        (select count(*) from {{ ref('stg_aws_edge__api_domains') }} where _day = {{ as_of_day() }} and domain_name is not null),
        (select sum(endpoints) from judged where kind = 'API domain'),
        'API domains the provider lists, each a row of the population'

    union all

    select
        'databases_judged',
        'aws_data',
        (select count(*) from {{ ref('fct_db_transport') }}),
        (select sum(endpoints) from judged where kind = 'database'),
        'databases, each a row of the population'

    union all

    select
        'names_placed',
        'registers.endpoints',
        0,
        (select sum(endpoints) from judged where kind = 'host'),
        'registered names that lead to nothing in the cloud'

    union all

    select
        'regions_read',
        asked.source_table,
        (select count(*) from enabled),
        count(distinct answered.region),
        'enabled regions that answered'
    from (
        select 'aws_edge.load_balancers' as source_table
        union all
        select 'aws_edge.classic_load_balancers'
        union all
        select 'aws_edge.api_domains'
    ) as asked
    left join answered
        on answered.source_table = asked.source_table and answered.region in (select region from enabled)
    group by asked.source_table
)

select
    check_name,
    scope,
    cast(expected as bigint) as expected,
    cast(coalesce(actual, 0) as bigint) as actual,
    expected = coalesce(actual, 0) and (check_name <> 'regions_read' or expected > 0) as passed,
    detail
from checks
