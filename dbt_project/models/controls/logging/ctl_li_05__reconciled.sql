with trails as (
    select trail.trail_arn, trail.is_multi_region
    from {{ ref('stg_aws_trail_config__trails') }} as trail
    where trail._day = {{ as_of_day() }} and trail.is_validated and trail.is_multi_region
    group by trail.trail_arn, trail.is_multi_region
),

regions as (
    select region
    from {{ ref('stg_aws_data__regions') }}
    where _day = {{ as_of_day() }} and opt_in_status in ('opt-in-not-required', 'opted-in')
),

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

select
    'regions_read' as check_name,
    'aws_log_integrity.digests' as scope,
    expected.places as expected,
    actual.places as actual,
    expected.places = actual.places and expected.places > 0 as passed,
    'enabled regions of multi-region trails with digests, each read' as detail
from expected
cross join actual
