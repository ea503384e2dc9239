with regions as (
    select region
    from {{ ref('stg_aws_data__regions') }}
    where _day = {{ as_of_day() }} and opt_in_status in ('opt-in-not-required', 'opted-in')
),

services as (
    select distinct service
    from {{ ref('stg_aws_monitoring__resources') }}
    where _day = {{ as_of_day() }}
),

found as (
    select distinct listed.region, listed.service
    from {{ ref('stg_aws_monitoring__resources') }} as listed
    inner join regions on regions.region = listed.region
    where listed._day = {{ as_of_day() }}
),

expected as (
    select count(*) as places
    from regions
    cross join services
),

actual as (
    select count(*) as places
    from found
),

buckets as (
    select count(*) as buckets
    from {{ ref('stg_aws_storage__buckets') }}
    where _day = {{ as_of_day() }} and bucket_name is not null
),

judged as (
    select count(*) as buckets
    from {{ ref('ctl_cs_04__services_write_logs') }}
    where entity_key like 's3_access_logging|%'
)

select
    'places_listed' as check_name,
    'aws_monitoring.resources' as scope,
    expected.places as expected,
    actual.places as actual,
    expected.places = actual.places and expected.places > 0 as passed,
    'enabled regions × services, each asked' as detail
from expected
cross join actual
union all
select
    'buckets_judged',
    'aws_storage.buckets',
    buckets.buckets,
    judged.buckets,
    buckets.buckets = judged.buckets,
    'buckets that the account lists, each with a row'
from buckets
cross join judged
