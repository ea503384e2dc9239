with enabled as (
    select region
    from {{ ref('stg_aws_data__regions') }}
    where _day = {{ as_of_day() }} and is_enabled
),

answered as (
    select 'aws_network.security_groups' as source_table, region
    from {{ ref('stg_aws_network__security_groups') }}
    where _day = {{ as_of_day() }} and error_code is null
    union
    select 'aws_network.network_interfaces', region
    from {{ ref('stg_aws_network__network_interfaces') }}
    where _day = {{ as_of_day() }} and error_code is null
    union
    select 'aws_data.db_instances', region
    from {{ ref('stg_aws_data__db_instances') }}
    where _day = {{ as_of_day() }} and error_code is null
),

checks as (
    select
        'regions_read' as check_name,
        asked.source_table as scope,
        (select count(*) from enabled) as expected,
        count(distinct answered.region) as actual,
        'enabled regions that answered' as detail
    from (
        select 'aws_network.security_groups' as source_table
        union all
        select 'aws_network.network_interfaces'
        union all
        select 'aws_data.db_instances'
    ) as asked
    left join answered
        on answered.source_table = asked.source_table and answered.region in (select region from enabled)
    group by asked.source_table

    union all

    select
        'rules_judged',
        'aws_network.security_groups',
        (select count(distinct security_group_id) from {{ ref('dim_sg_rule') }}),
        (
            select count(distinct security_group_id)
            from {{ ref('ctl_ns_01__no_sensitive_port_is_open') }}
            where (cidr is not null or result = 'unknown') and entity_key not like 'arn:%'
        ),
        'groups with an ingress rule, each with rows of the population'

    union all

    select
        'databases_judged',
        'aws_data.db_instances',
        (
            select count(distinct database_id)
            from {{ ref('stg_aws_data__db_instances') }}
            where _day = {{ as_of_day() }} and database_id is not null
        ),
        (select count(*) from {{ ref('ctl_ns_01__no_sensitive_port_is_open') }} where entity_key like 'arn:%'),
        'databases the provider lists, each a row of the population'
)

{{ checks_agree('checks', also="(check_name <> 'regions_read' or expected > 0)") }}
