with enabled as (
    select region
    from {{ ref('stg_aws_data__regions') }}
    where _day = {{ as_of_day() }} and is_enabled
),

{%- set tables = ['db_instances', 'db_clusters', 'cache_groups', 'redshift_clusters', 'dynamodb_tables'] %}

answers as (
    {%- for table in tables %}
    select '{{ table }}' as source_table, region, account_id, database_id, error_code
    from {{ ref('stg_aws_data__' ~ table) }}
    where _day = {{ as_of_day() }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

regions_read as (
    select
        'regions_read' as check_name,
        tables_read.source_table as scope,
        (select count(*) from enabled) as expected,
        count(distinct answers.region) as actual,
        'enabled regions whose list was read without an error' as detail
    from (select distinct source_table from answers) as tables_read
    left join answers
        on answers.source_table = tables_read.source_table
        and answers.error_code is null
        and answers.region in (select region from enabled)
    group by tables_read.source_table
),

listed as (
    select region, account_id, count(distinct database_id) as databases
    from answers
    where database_id is not null
    group by region, account_id
),

kept as (
    select region, account_id, count(*) as databases
    from {{ ref('dim_database') }}
    where valid_to is null
    group by region, account_id
),

counted as (
    select
        'databases_per_region' as check_name,
        coalesce(listed.account_id, kept.account_id) || ' ' || coalesce(listed.region, kept.region) as scope,
        coalesce(listed.databases, 0) as expected,
        coalesce(kept.databases, 0) as actual,
        'databases the provider lists, each a row of the population' as detail
    from listed
    full outer join kept
        on listed.region = kept.region and listed.account_id = kept.account_id
),

registered as (
    select
        'registered_databases_found' as check_name,
        'registers.data_stores' as scope,
        count(*) as expected,
        coalesce(sum(case when is_discovered then 1 else 0 end), 0) as actual,
        'databases, caches and warehouses of the company, each found at a provider' as detail
    from {{ ref('dim_data_store') }}
    where kind in ('database', 'cache', 'warehouse', 'table')
),

checks as (
    select * from regions_read
    union all
    select * from counted
    union all
    select * from registered
)

{{ checks_agree('checks') }}
