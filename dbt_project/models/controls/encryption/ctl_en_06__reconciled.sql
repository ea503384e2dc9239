with enabled as (
    select region
    from {{ ref('stg_aws_data__regions') }}
    where _day = {{ as_of_day() }} and is_enabled
),

answered as (
    select 'volumes' as source_table, region, volume_id
    from {{ ref('stg_aws_data__volumes') }}
    where _day = {{ as_of_day() }} and error_code is null
    union all
    select 'ebs_default', region, cast(null as varchar)
    from {{ ref('stg_aws_data__ebs_default') }}
    where _day = {{ as_of_day() }} and error_code is null
),

checks as (
    select
        'regions_read' as check_name,
        asked.source_table as scope,
        (select count(*) from enabled) as expected,
        count(distinct answered.region) as actual,
        'enabled regions that answered' as detail
    from (select 'volumes' as source_table union all select 'ebs_default') as asked
    left join answered
        on answered.source_table = asked.source_table and answered.region in (select region from enabled)
    group by asked.source_table
    union all
    select
        'volumes_listed',
        'aws_data.volumes',
        (select count(distinct volume_id) from answered),
        (select count(*) from {{ ref('dim_volume') }} where valid_to is null),
        'volumes the provider lists, each a row of the population'
)

-- Regions that cannot be counted are no proof of anything.
{{ checks_agree('checks', also="(check_name <> 'regions_read' or expected > 0)") }}
