-- Deployment records and cloud calls side by side; the control matches them, its parameter says within how many
-- minutes.
with clusters as (
    -- kubectl leaves its trace in the cluster's own audit log only, and that is not collected.
    select system_id
    from ({{ newest(ref('stg_registers__systems')) }}) as register
    where in_use
        and (
            lower(system_id) in ('kubernetes', 'k8s', 'eks')
            or lower(adapter_group) in ('kubernetes', 'k8s')
            or lower(adapter) in ('kubernetes', 'k8s', 'eks')
        )
)

select
    deployments.deployment_id as change_event_id,
    'deployment' as kind,
    lower(deployments.service) as service,
    deployments.repo_id,
    deployments.repo_full_name,
    deployments.begun_at as occurred_at,
    coalesce(deployments.ended_at, deployments.started_at, deployments.created_at) as ended_at,
    deployments.success_at,
    deployments.statuses_count,
    deployments.started_at is not null as has_started,
    deployments.environment,
    deployments.environment_class,
    deployments.creator_login as actor,
    deployments.owner_key,
    deployments.in_scope,
    deployments.exclusion_reason,
    deployments.deployment_id,
    deployments.run_id,
    coalesce(runs.run_url, deployments.run_url) as run_url,
    runs.run_id is not null as is_run_found,
    runs.workflow_path,
    cast(null as varchar) as event_id,
    cast(null as varchar) as event_source,
    cast(null as varchar) as event_name,
    cast(null as varchar) as principal_arn,
    cast(null as varchar) as role_arn,
    cast(null as varchar) as principal_type,
    cast(null as varchar) as session_name,
    cast(null as varchar) as source_ip,
    cast(null as varchar) as user_agent,
    cast(null as varchar) as invoked_by
from ({{ production_deployments() }}) as deployments
left join {{ ref('int_workflow_runs') }} as runs
    on deployments.run_id = runs.run_id
    and deployments.repo_id = runs.repo_id

union all

select
    changes.event_id as change_event_id,
    'cloud_event' as kind,
    changes.service,
    repos.repo_id,
    repos.full_name as repo_full_name,
    changes.occurred_at,
    changes.occurred_at as ended_at,
    cast(null as timestamp) as success_at,
    cast(null as bigint) as statuses_count,
    true as has_started,
    cast(null as varchar) as environment,
    'production' as environment_class,
    coalesce(changes.session_name, changes.username) as actor,
    repos.owner_key,
    true as in_scope,
    cast(null as varchar) as exclusion_reason,
    cast(null as varchar) as deployment_id,
    cast(null as varchar) as run_id,
    cast(null as varchar) as run_url,
    false as is_run_found,
    cast(null as varchar) as workflow_path,
    changes.event_id,
    changes.event_source,
    changes.event_name,
    changes.principal_arn,
    changes.role_arn,
    changes.principal_type,
    changes.session_name,
    changes.source_ip,
    changes.user_agent,
    changes.invoked_by
from {{ ref('int_cloud_changes') }} as changes
left join (
    select repo_id, full_name, owner_key, service
    from {{ ref('dim_repo') }}
    qualify row_number() over (partition by lower(service) order by in_scope desc, repo_id) = 1
) as repos on changes.service = lower(repos.service)

union all

select
    'cluster:' || system_id as change_event_id,
    'cluster' as kind,
    cast(null as varchar) as service,
    cast(null as varchar) as repo_id,
    cast(null as varchar) as repo_full_name,
    cast(null as timestamp) as occurred_at,
    cast(null as timestamp) as ended_at,
    cast(null as timestamp) as success_at,
    cast(null as bigint) as statuses_count,
    true as has_started,
    cast(null as varchar) as environment,
    'production' as environment_class,
    cast(null as varchar) as actor,
    cast(null as varchar) as owner_key,
    true as in_scope,
    cast(null as varchar) as exclusion_reason,
    cast(null as varchar) as deployment_id,
    cast(null as varchar) as run_id,
    cast(null as varchar) as run_url,
    false as is_run_found,
    cast(null as varchar) as workflow_path,
    cast(null as varchar) as event_id,
    cast(null as varchar) as event_source,
    cast(null as varchar) as event_name,
    cast(null as varchar) as principal_arn,
    cast(null as varchar) as role_arn,
    cast(null as varchar) as principal_type,
    cast(null as varchar) as session_name,
    cast(null as varchar) as source_ip,
    cast(null as varchar) as user_agent,
    cast(null as varchar) as invoked_by
from clusters
