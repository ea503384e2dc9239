with regions as ({{ enabled_regions() }}),

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

{{ counts_agree('places_watched', 'aws_monitoring.resources', 'expected.places', 'actual.places', 'enabled regions, each with a row for recorder, hub, detector and what the detector reads', some=true) }}
from expected
cross join actual
