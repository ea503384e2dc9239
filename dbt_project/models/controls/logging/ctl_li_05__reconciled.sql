with trails as (
    select trail.trail_arn, trail.is_multi_region
    from {{ ref('stg_aws_trail_config__trails') }} as trail
    where trail._day = {{ as_of_day() }} and trail.is_validated and trail.is_multi_region
    group by trail.trail_arn, trail.is_multi_region
),

regions as ({{ enabled_regions() }}),

expected as (
    select count(*) as places
    from trails
    cross join regions
),

actual as (
    select count(*) as places
    from (
        select distinct digests.trail_arn, digests.region
        from {{ ref('stg_aws_log_integrity__digests') }} as digests
        inner join trails on trails.trail_arn = digests.trail_arn
        inner join regions on regions.region = digests.region
        where digests._day = {{ as_of_day() }}
    ) as found
)

{{ counts_agree('regions_read', 'aws_log_integrity.digests', 'expected.places', 'actual.places', 'enabled regions of multi-region trails with digests, each read', some=true) }}
from expected
cross join actual
