-- Three independent logs of the same deployments: the pipeline's runs, GitHub's deployments, the cloud's audit log.
with known_workflows as (
    select distinct coalesce(repo, '*') as repo, path from ({{ newest(ref('stg_registers__deploy_workflows')) }}) as register
),

runs as (
    select distinct runs.run_id, runs.repo_id
    from {{ ref('int_workflow_runs') }} as runs
    inner join {{ ref('dim_repo') }} as repos on runs.repo_id = repos.repo_id
    inner join known_workflows
        on runs.workflow_path = known_workflows.path
        and known_workflows.repo in ('*', repos.full_name)
    cross join {{ ref('dim_engagement') }} as engagement
    where repos.in_scope
        and runs.conclusion = 'success'
        and runs.created_at >= cast(engagement.window_start as timestamp)
        and runs.created_at <= {{ as_of() }}
),

run_counts as (
    select count(*) as expected, count(linked.run_id) as actual
    from runs
    left join (select distinct run_id, repo_id from {{ ref('fct_deployment') }}) as linked using (run_id, repo_id)
),

-- The trail can be looked up for 90 days: deployments from before the first look cannot be expected there.
trail as (
    select min(started_at) - interval '90 days' as covered_from
    from {{ source('meta', 'extract_runs') }}
    where source_id = 'aws_trail.events' and status in ('complete', 'partial')
),

seen_services as (
    select distinct service from {{ ref('int_cloud_changes') }} where service is not null
),

deployments as (
    select
        changes.change_event_id,
        changes.service,
        case when {{ list_count('rows_found.cloud_event_ids') }} > 0 then 1 else 0 end as has_call
    from {{ ref('fct_production_change') }} as changes
    inner join seen_services using (service)
    cross join trail
    left join {{ ref('ctl_cm_08__production_changed_by_pipeline') }} as rows_found using (change_event_id)
    where changes.kind = 'deployment'
        and changes.in_scope
        and changes.success_at >= trail.covered_from
),

deployment_counts as (
    select service, count(*) as expected, sum(has_call) as actual
    from deployments
    group by service
),

population as (
    select
        (select count(*) from {{ ref('fct_production_change') }}) as changes,
        sum(
            {{ list_count('cloud_event_ids') }}
            + case when {{ item_in('change_event_id', 'cloud_event_ids') }} then 0 else 1 end
        ) as rows_found
    from {{ ref('ctl_cm_08__production_changed_by_pipeline') }}
),

refused as (
    select count(distinct deployments.repo_id) as repositories
    from {{ ref('stg_deploys__deployments') }} as deployments
    inner join {{ ref('dim_repo') }} as repos using (repo_id)
    where deployments.error_code is not null
        and repos.in_scope
        and deployments._day = (select max(_day) from {{ ref('stg_deploys__deployments') }})
),

trail_days as (
    select count(*) as extracts
    from {{ source('meta', 'selected_runs') }}
    where source_id = 'aws_trail.events' and status = 'complete'
)

{{ counts_agree('runs_have_a_deployment', 'organisation', 'expected', 'actual', 'Successful runs of registered deployment workflows in the window, against those a deployment record names.') }}
from run_counts

union all

select
    'deployments_seen_in_cloud' as check_name,
    service as scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    expected = actual as passed,
    'Successful production deployments of a service whose calls the trail shows, against those with a matching call.' as detail
from deployment_counts

union all

{{ counts_agree('changes_accounted_for', 'organisation', 'changes', 'coalesce(rows_found, 0)', 'Deployment records and cloud calls, against rows of the control and the calls folded into them.') }}
from population

union all

select
    'repositories_refused' as check_name,
    'organisation' as scope,
    cast(0 as bigint) as expected,
    cast(repositories as bigint) as actual,
    repositories = 0 as passed,
    'In-scope repositories whose deployments were refused.' as detail
from refused

union all

-- Only stands here when it holds: with changes in the window there is nothing to prove.
select
    'no_runtime_changes' as check_name,
    'organisation' as scope,
    cast(0 as bigint) as expected,
    cast(0 as bigint) as actual,
    true as passed,
    'The trail was read completely and shows no call that changes production.' as detail
from trail_days
where trail_days.extracts > 0
    and not exists (select 1 from {{ ref('fct_production_change') }})
