with regions as ({{ enabled_regions() }}),

asked as (
    select distinct machines.region
    from {{ ref('stg_aws_services__resources') }} as machines
    inner join {{ ref('stg_aws_monitoring__resources') }} as reports
        on reports._day = machines._day and reports.region = machines.region and reports.service = 'ssm'
    where machines._day = {{ as_of_day() }} and machines.service = 'ec2'
)

{{ counts_agree('regions_asked', 'aws_services.resources', 'count(*)', 'count(asked.region)', 'enabled regions, each asked for its machines and their reports', some=true) }}
from regions
left join asked on asked.region = regions.region
