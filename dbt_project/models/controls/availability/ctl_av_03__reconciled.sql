with services as (
    select service_id from ({{ newest(ref('stg_registers__slas')) }}) as slas
    union
    select service
    from ({{ newest(ref('stg_registers__repositories')) }}) as repositories
    where service is not null and coalesce(in_scope, true)
    union
    -- A service that the register of monitors knows alone is one nevertheless.
    select service_id from ({{ newest(ref('stg_registers__service_monitors')) }}) as monitors
),

judged as (
    select distinct service_id from {{ ref('ctl_av_03__services_are_monitored') }}
),

answered as (
    select count(distinct region) as asked, count(distinct case when error_code is null then region end) as read
    from {{ ref('stg_aws_availability__alarms') }}
    where _day = {{ as_of_day() }}
)

{{ counts_agree('services_judged', 'registers', 'count(*)', 'count(judged.service_id)', 'services that any register names, each with rows of the population', some=true) }}
from services
left join judged on judged.service_id = services.service_id

union all

{{ counts_agree('regions_read', 'aws_availability.alarms', 'asked', 'read', 'regions whose alarms were listed', some=true) }}
from answered
