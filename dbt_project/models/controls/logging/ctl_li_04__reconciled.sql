with regions as (
    select region
    from {{ ref('stg_aws_data__regions') }}
    where _day = {{ as_of_day() }} and opt_in_status in ('opt-in-not-required', 'opted-in')
),

asked as (
    select distinct machines.region
    from {{ ref('stg_aws_services__resources') }} as machines
    inner join {{ ref('stg_aws_monitoring__resources') }} as reports
        on reports._day = machines._day and reports.region = machines.region and reports.service = 'ssm'
    where machines._day = {{ as_of_day() }} and machines.service = 'ec2'
)

select
    'regions_asked' as check_name,
    'aws_services.resources' as scope,
    count(*) as expected,
    count(asked.region) as actual,
    count(*) = count(asked.region) and count(*) > 0 as passed,
    'enabled regions, each asked for its machines and their reports' as detail
from regions
left join asked on asked.region = regions.region
