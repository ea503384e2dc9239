with enabled as (
    select region
    from {{ ref('stg_aws_data__regions') }}
    where _day = {{ as_of_day() }} and is_enabled
),

balancers as (
    select *
    from {{ ref('stg_aws_edge__load_balancers') }}
    where _day = {{ as_of_day() }}
),

listed as (
    select database_id as resource_id from {{ ref('dim_database') }} where valid_to is null
    union
    select load_balancer_arn from balancers where load_balancer_arn is not null
    union
    -- What the register knows as a production database must be there.
    select store_id from {{ ref('dim_data_store') }} where kind in ('database', 'cache', 'warehouse', 'table') and environment = 'production'
),

answered as (
    select count(*) as extracts, count(distinct case when error_code is null then region end) as regions
    from balancers
    where region in (select region from enabled)
),

checks as (
    select
        'resources_judged' as check_name,
        'aws_data, aws_edge and registers' as scope,
        count(*) as expected,
        count(judged.entity_key) as actual,
        'databases and load balancers that the provider lists or the register names, each a row of the population' as detail
    from listed
    left join {{ ref('ctl_av_02__production_survives_a_zone_loss') }} as judged on judged.entity_key = listed.resource_id

    union all

    select
        'regions_read',
        'aws_edge.load_balancers',
        case when extracts = 0 then 0 else (select count(*) from enabled) end,
        regions,
        'enabled regions whose load balancers were listed, where they are read at all'
    from answered
)

{{ checks_agree('checks') }}
