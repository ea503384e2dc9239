with regions as (
    select region
    from {{ ref('stg_aws_data__regions') }}
    where _day = {{ as_of_day() }} and opt_in_status in ('opt-in-not-required', 'opted-in')
),

expected as (
    select count(*) * 4 as places
    from regions
),

actual as (
    select count(*) as places
    from {{ ref('ctl_cs_06__detection_is_on') }} as judged
    inner join regions on regions.region = judged.region
    where judged.entity_key not like 'guardduty_findings_handled|%'
)

select
    'places_watched' as check_name,
    'aws_monitoring.resources' as scope,
    expected.places as expected,
    actual.places as actual,
    expected.places = actual.places and expected.places > 0 as passed,
    'enabled regions, each with a row for recorder, hub, detector and what the detector reads' as detail
from expected
cross join actual
