-- Commits that each production update made reachable. An update whose comparison cannot be had is one row, the commit
-- it ended on, with is_listed false: what else it brought is not known.
with updates as (
    select *
    from {{ ref('int_production_updates') }}
    where is_in_window
        and activity_type <> 'branch_deletion'
        and before_sha is distinct from after_sha
        and not {{ is_no_commit('after_sha') }}
),

compares as (
    select * from {{ ref('int_update_compares') }} where error_code is null
),

listed as (
    select
        updates.event_id,
        commits.commit_sha,
        commits.author_login,
        commits.author_id,
        commits.is_verified
    from updates
    inner join compares
        on updates.repo_id = compares.repo_id
        and updates.ref = compares.ref
        and updates.before_sha = compares.before_sha
        and updates.after_sha = compares.after_sha
    inner join {{ ref('stg_github__compared_commits') }} as commits
        on compares._run_id = commits._run_id
        and compares._seq = commits._seq
    where not updates.is_baseline
),

compared as (
    select updates.event_id, compares.changed_paths
    from updates
    inner join compares
        on updates.repo_id = compares.repo_id
        and updates.ref = compares.ref
        and updates.before_sha = compares.before_sha
        and updates.after_sha = compares.after_sha
    where not updates.is_baseline
)

select
    updates.event_id,
    updates.repo_id,
    updates.repo_full_name,
    updates.in_scope,
    updates.branch,
    updates.activity_type,
    updates.actor_login,
    updates.actor_id,
    updates.occurred_at,
    updates.position,
    updates.after_sha,
    updates.is_baseline,
    coalesce(listed.commit_sha, updates.after_sha) as commit_sha,
    listed.author_login,
    listed.author_id,
    listed.is_verified,
    listed.commit_sha is not null as is_listed,
    compared.changed_paths
from updates
left join listed using (event_id)
left join compared using (event_id)
-- An update that was compared and brought nothing new (a rewind) has no commits to judge.
where listed.commit_sha is not null or compared.event_id is null
