with expected as (
    select count(distinct pattern_id) as patterns
    from {{ ref('alarm_patterns') }}
),

found as (
    select count(*) as patterns
    from {{ ref('ctl_cs_05__security_events_ring') }}
    where entity_key not like 'alarm_has_action|%' and entity_key not like 'cloudtrail_to_cloudwatch|%'
),

regions as (
    select count(*) as regions
    from {{ ref('stg_aws_data__regions') }}
    where _day = {{ as_of_day() }} and opt_in_status in ('opt-in-not-required', 'opted-in')
),

asked as (
    select count(distinct logs.region) as regions
    from {{ ref('stg_aws_services__resources') }} as logs
    inner join {{ ref('stg_aws_availability__alarms') }} as alarms on alarms._day = logs._day and alarms.region = logs.region
    where logs._day = {{ as_of_day() }} and logs.service = 'logs'
)

select
    'patterns_judged' as check_name,
    'alarm_patterns' as scope,
    expected.patterns as expected,
    found.patterns as actual,
    expected.patterns = found.patterns as passed,
    'patterns of the seed, each with a row' as detail
from expected
cross join found
union all
select
    'regions_asked',
    'aws_services.resources',
    regions.regions,
    asked.regions,
    regions.regions = asked.regions and regions.regions > 0,
    'enabled regions, each asked for its filters and alarms'
from regions
cross join asked
