-- Updates of production branches in the order they happened, each beside the commit the one before left behind.
-- Updates from before the window stay in, so that the first one inside has a predecessor to be compared with.
with collected as (
    select min(window_start) as collected_from
    from {{ source('meta', 'extract_runs') }}
    where source_id = 'github.ref_updates' and status in ('complete', 'partial')
),

ordered as (
    select
        updates.*,
        row_number() over (
            partition by updates.repo_id, updates.branch order by updates.occurred_at, try_cast(updates.event_id as bigint), updates.event_id
        ) as position,
        lag(updates.after_sha) over (
            partition by updates.repo_id, updates.branch order by updates.occurred_at, try_cast(updates.event_id as bigint), updates.event_id
        ) as previous_after_sha
    from {{ ref('fct_ref_update') }} as updates
    inner join {{ ref('int_repo_branches') }} as branches
        on updates.repo_id = branches.repo_id
        and updates.branch = branches.branch
    where updates.occurred_at <= {{ as_of() }}
),

first_updates as (
    select repo_id, min(occurred_at) as first_update_at
    from {{ ref('fct_ref_update') }}
    group by repo_id
)

select
    ordered.event_id,
    ordered.repo_id,
    repos.full_name as repo_full_name,
    repos.in_scope,
    ordered.branch,
    ordered.ref,
    ordered.before_sha,
    ordered.after_sha,
    ordered.activity_type,
    ordered.actor_login,
    ordered.actor_id,
    ordered.occurred_at,
    ordered.position,
    ordered.previous_after_sha,
    ordered.occurred_at >= cast(engagement.window_start as timestamp) as is_in_window,
    -- A new repository has to start somewhere: only its very first push counts as that, and only when the activity
    -- was collected from before the repository existed.
    coalesce(
        {{ is_no_commit('ordered.before_sha') }}
        and ordered.activity_type = 'branch_creation'
        and ordered.occurred_at = first_updates.first_update_at
        and repos.created_at >= collected.collected_from,
        false
    ) as is_baseline
from ordered
inner join {{ ref('dim_repo') }} as repos using (repo_id)
inner join first_updates using (repo_id)
cross join {{ ref('dim_engagement') }} as engagement
cross join collected
