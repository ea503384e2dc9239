-- Deployments as GitHub records them. The class of an environment comes from the register: names differ, and the
-- provider's own production flag is a hint that whoever writes the workflow sets.
with deployments as (
    select *
    from {{ ref('stg_deploys__deployments') }}
    where deployment_id is not null and error_code is null
    qualify row_number() over (partition by deployment_id order by _day desc, _seq desc) = 1
),

-- Older deployments become inactive by themselves, so the history counts, not the newest status.
statuses as (
    select *
    from {{ ref('stg_deploys__deployment_statuses') }}
    where status_id is not null
    qualify row_number() over (partition by status_id order by _day desc, _seq desc) = 1
),

outcomes as (
    select
        deployment_id,
        min(case when state = 'success' then created_at end) as success_at,
        min(case when state in ('in_progress', 'success', 'failure', 'error') then created_at end) as started_at,
        max(case when state in ('success', 'failure', 'error') then created_at end) as ended_at,
        count(*) as statuses_count
    from statuses
    group by deployment_id
),

linked as (
    select deployment_id, run_id, log_url
    from statuses
    where run_id is not null
    qualify row_number() over (
        partition by deployment_id order by case when state = 'success' then 0 else 1 end, created_at
    ) = 1
),

classes as (
    select * from ({{ newest(ref('stg_registers__environments')) }}) as register
)

select
    deployments.deployment_id,
    deployments.repo_id,
    coalesce(repos.full_name, deployments.repo_full_name) as repo_full_name,
    coalesce(deployments.service, repos.service) as service,
    deployments.sha,
    deployments.ref,
    deployments.digest,
    deployments.original_environment as environment,
    coalesce(own.class, anywhere.class) as environment_class,
    coalesce(deployments.is_production_environment, false) as is_flagged_production,
    deployments.created_at,
    outcomes.started_at,
    outcomes.success_at,
    outcomes.ended_at,
    coalesce(outcomes.statuses_count, 0) as statuses_count,
    deployments.creator_login,
    deployments.creator_id,
    {{ github_identity('creators.person_key', 'deployments.creator_id', 'deployments.creator_login') }} as creator_key,
    deployments.app_slug,
    coalesce(linked.run_id, deployments.payload_run_id) as run_id,
    linked.log_url as run_url,
    coalesce(repos.in_scope, true) as in_scope,
    repos.exclusion_reason,
    repos.owner_key
from deployments
left join {{ ref('dim_repo') }} as repos using (repo_id)
left join outcomes using (deployment_id)
left join linked using (deployment_id)
left join classes as own
    on own.repo in (deployments.repo_full_name, repos.full_name)
    and own.environment = deployments.original_environment
left join classes as anywhere
    on coalesce(anywhere.repo, '*') = '*'
    and anywhere.environment = deployments.original_environment
left join {{ ref('int_github_accounts') }} as creators on deployments.creator_id = creators.account_id
qualify row_number() over (partition by deployments.deployment_id order by own.class) = 1
