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
    from ({{ enabled_regions() }}) as enabled
),

asked as (
    select count(distinct logs.region) as regions
    from {{ ref('stg_aws_services__resources') }} as logs
    inner join {{ ref('stg_aws_availability__alarms') }} as alarms on alarms._day = logs._day and alarms.region = logs.region
    where logs._day = {{ as_of_day() }} and logs.service = 'logs'
)

{{ counts_agree('patterns_judged', 'alarm_patterns', 'expected.patterns', 'found.patterns', 'patterns of the seed, each with a row') }}
from expected
cross join found
union all
{{ counts_agree('regions_asked', 'aws_services.resources', 'regions.regions', 'asked.regions', 'enabled regions, each asked for its filters and alarms', some=true) }}
from regions
cross join asked
