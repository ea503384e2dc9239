-- What each production deployment brought to production: the commits between the one deployed before and this one, in the
-- order in which they reached the branch.
with deployments as (
    select *
    from ({{ production_deployments() }}) as production
    where environment_class = 'production' and success_at is not null
),

updates as (
    select
        event_id,
        repo_id,
        branch,
        before_sha,
        after_sha,
        activity_type,
        occurred_at,
        row_number() over (partition by repo_id, branch order by occurred_at, position, event_id) as update_no
    from {{ ref('int_production_updates') }}
    where activity_type <> 'branch_deletion'
),

commits as (
    select
        updates.repo_id,
        updates.branch,
        updates.update_no,
        updates.occurred_at,
        listed.commit_sha,
        listed.position,
        listed.is_listed
    from {{ ref('int_update_commits') }} as listed
    inner join updates on updates.event_id = listed.event_id and updates.branch = listed.branch
),

-- Where a commit stands on a branch. What a branch stood on before its first known update stands before that update.
places as (
    select repo_id, branch, after_sha as sha, update_no, occurred_at as since, 1 as preference from updates
    union all
    select repo_id, branch, commit_sha, update_no, occurred_at, 2 from commits
    union all
    select repo_id, branch, before_sha, 0, cast(null as timestamp), 3 from updates where update_no = 1
),

placed as (
    select
        deployments.deployment_id,
        places.branch,
        places.update_no
    from deployments
    inner join places
        on places.repo_id = deployments.repo_id
        and places.sha = deployments.sha
        and (places.since is null or places.since <= deployments.created_at)
    qualify row_number() over (
        partition by deployments.deployment_id order by places.preference, places.update_no desc, places.branch
    ) = 1
),

-- A forced push between the commit's arrival and the deployment may have taken it off the branch again.
rewritten as (
    select distinct placed.deployment_id
    from placed
    inner join deployments on deployments.deployment_id = placed.deployment_id
    inner join updates
        on updates.repo_id = deployments.repo_id
        and updates.branch = placed.branch
        and updates.activity_type = 'force_push'
        and updates.update_no > placed.update_no
        and updates.occurred_at <= deployments.created_at
),

known_commits as (
    select distinct repo_id, commit_sha as sha from {{ ref('fct_pr_commit') }}
    union
    select distinct repo_id, sha from {{ ref('fct_check_run') }}
),

chained as (
    select
        deployments.*,
        placed.branch,
        placed.update_no,
        lag(deployments.deployment_id) over unit as previous_deployment_id,
        -- One that stood on no branch tells nothing: the one before it does.
        {{ previous_known('placed.update_no', 'unit') }} as previous_update_no,
        {{ previous_known('placed.branch', 'unit') }} as previous_branch,
        row_number() over (partition by deployments.unit, deployments.sha order by deployments.begun_at, deployments.deployment_id) > 1
            as is_repeated,
        rewritten.deployment_id is not null as is_maybe_rewritten,
        known_commits.sha is not null as is_known_elsewhere
    from deployments
    left join placed on placed.deployment_id = deployments.deployment_id
    left join rewritten on rewritten.deployment_id = deployments.deployment_id
    left join known_commits on known_commits.repo_id = deployments.repo_id and known_commits.sha = deployments.sha
    window unit as (partition by deployments.unit order by deployments.begun_at, deployments.deployment_id)
),

brought as (
    select
        chained.deployment_id,
        commits.commit_sha,
        commits.is_listed
    from chained
    inner join commits
        on commits.repo_id = chained.repo_id
        and commits.branch = chained.branch
        and commits.update_no <= chained.update_no
        and commits.update_no > coalesce(case when chained.previous_branch = chained.branch then chained.previous_update_no end, 0)
    qualify row_number() over (partition by chained.deployment_id, commits.commit_sha order by commits.update_no) = 1
)

select
    chained.deployment_id,
    coalesce(brought.commit_sha, chained.sha) as commit_sha,
    brought.commit_sha is not null as is_new,
    coalesce(brought.is_listed, true) as is_listed,
    chained.repo_id,
    chained.repo_full_name,
    chained.service,
    chained.sha,
    chained.ref,
    chained.branch,
    chained.begun_at,
    chained.previous_deployment_id,
    chained.previous_deployment_id is null as is_first,
    chained.is_repeated,
    chained.branch is not null as is_on_branch,
    chained.is_maybe_rewritten,
    chained.is_known_elsewhere,
    chained.in_scope,
    chained.exclusion_reason,
    chained.owner_key
from chained
left join brought on brought.deployment_id = chained.deployment_id
