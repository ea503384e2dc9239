with regions as (
    select region
    from {{ ref('stg_aws_data__regions') }}
    where _day = {{ as_of_day() }} and opt_in_status in ('opt-in-not-required', 'opted-in')
),

services as (
    select distinct service
    from {{ ref('stg_aws_services__resources') }}
    where _day = {{ as_of_day() }}
),

found as (
    select distinct listed.region, listed.service
    from {{ ref('stg_aws_services__resources') }} as listed
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
)

select
    'places_listed' as check_name,
    'aws_services.resources' as scope,
    expected.places as expected,
    actual.places as actual,
    expected.places = actual.places and expected.places > 0 as passed,
    'enabled regions × services, each asked' as detail
from expected
cross join actual
