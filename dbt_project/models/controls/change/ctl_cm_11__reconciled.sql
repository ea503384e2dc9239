-- The same deployments in three logs, as CM-08 compares them; and every successful production deployment has rows.
with population as (
    select count(*) as deployments
    from {{ ref('fct_production_change') }} as changes
    where changes.kind = 'deployment'
        and changes.success_at is not null
),

found as (
    select count(distinct deployment_id) as deployments
    from {{ ref('ctl_cm_11__deployed_code_is_reviewed') }}
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
