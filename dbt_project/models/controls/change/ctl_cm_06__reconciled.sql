-- The same deployments in three logs, as CM-08 compares them; and every successful production deployment is a row.
with population as (
    select count(*) as deployments
    from {{ ref('fct_production_change') }} as changes
    where changes.kind = 'deployment'
        and changes.success_at is not null
),

found as (
    select count(*) as deployments
    from {{ ref('ctl_cm_06__staging_precedes_production') }}
)

select check_name, scope, expected, actual, passed, detail
from {{ ref('ctl_cm_08__reconciled') }}
where check_name in ('runs_have_a_deployment', 'deployments_seen_in_cloud', 'repositories_refused', 'no_runtime_changes')

union all

select
    'deployments_judged' as check_name,
    'deploys.deployments' as scope,
    population.deployments as expected,
    found.deployments as actual,
    population.deployments = found.deployments as passed,
    'successful production deployments of the window in the list of production changes' as detail
from population
cross join found
