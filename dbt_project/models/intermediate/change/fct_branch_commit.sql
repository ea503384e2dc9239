-- Commits that became reachable on a production branch in the window, and what accounts for each. A commit is judged
-- by the update that brought it first: merging it later does not undo that it was there unreviewed.
with commits as (
    select *
    from {{ ref('int_update_commits') }}
    qualify row_number() over (
        partition by repo_id, branch, commit_sha
        order by occurred_at, position, case when is_listed then 0 else 1 end
    ) = 1
),

-- Commits that GitHub itself merged, whichever update they stand in: a pull request whose merge commit is among them
-- was merged by a merge. GitHub also calls one merged whose commits somebody pushed straight to the base.
merged_by_merge as (
    select distinct pulls.repo_id, pulls.pr_number, updates.event_id
    from {{ ref('int_update_commits') }} as updates
    inner join {{ ref('int_commit_pull_requests') }} as pulls
        on updates.repo_id = pulls.repo_id
        and updates.commit_sha = pulls.commit_sha
        and pulls.merge_commit_sha in (updates.commit_sha, updates.after_sha)
    where updates.activity_type in ('pr_merge', 'merge_queue_merge')
),

has_merge as (
    select distinct repo_id, pr_number from merged_by_merge
),

judged as (
    select
        commits.repo_id,
        commits.branch,
        commits.commit_sha,
        pulls.pr_number,
        pulls.merged_at,
        pulls.base_ref,
        pulls.trace,
        case
            when not pulls.is_merged then 'none'
            when not coalesce(pulls.base_ref = commits.branch or (base.kind = 'former_default' and own.kind = 'default'), false)
                then 'wrong_base'
            when own_merge.pr_number is not null then 'covered'
            when commits.activity_type in ('pr_merge', 'merge_queue_merge')
                then case when pulls.merged_at < commits.occurred_at and has_merge.pr_number is not null then 'covered' else 'none' end
            -- Pushed after a merge of its own had brought the pull request in: a second arrival, reviewed the first time.
            when has_merge.pr_number is not null and pulls.merged_at <= commits.occurred_at then 'covered'
            when has_merge.pr_number is null and pulls.merged_at >= commits.occurred_at - interval '1 minute' then 'indirect_merge'
            -- Merged well before this push, by an update older than what was collected.
            when has_merge.pr_number is null then 'covered'
            else 'none'
        end as coverage
    from commits
    inner join {{ ref('int_commit_pull_requests') }} as pulls
        on commits.repo_id = pulls.repo_id
        and commits.commit_sha = pulls.commit_sha
    left join {{ ref('int_repo_branches') }} as base
        on commits.repo_id = base.repo_id
        and pulls.base_ref = base.branch
    left join {{ ref('int_repo_branches') }} as own
        on commits.repo_id = own.repo_id
        and commits.branch = own.branch
    left join merged_by_merge as own_merge
        on commits.repo_id = own_merge.repo_id
        and commits.event_id = own_merge.event_id
        and pulls.pr_number = own_merge.pr_number
    left join has_merge
        on commits.repo_id = has_merge.repo_id
        and pulls.pr_number = has_merge.pr_number
),

best as (
    select *
    from judged
    qualify row_number() over (
        partition by repo_id, branch, commit_sha
        order by
            case coverage when 'covered' then 0 when 'indirect_merge' then 1 when 'wrong_base' then 2 else 3 end,
            case trace when 'merge_commit' then 0 when 'pull_request_commit' then 1 else 2 end,
            merged_at,
            pr_number
    ) = 1
),

-- A branch cut from, or moved to, a commit that another production branch (or this one) already had brings nothing new.
held_elsewhere as (
    select commits.repo_id, commits.branch, commits.commit_sha
    from commits
    inner join {{ ref('int_production_updates') }} as other
        on commits.repo_id = other.repo_id
        and commits.commit_sha in (other.before_sha, other.after_sha)
        and commits.event_id <> other.event_id
        and other.occurred_at <= commits.occurred_at
    where not commits.is_listed
    union
    select commits.repo_id, commits.branch, commits.commit_sha
    from commits
    inner join {{ ref('int_update_commits') }} as other
        on commits.repo_id = other.repo_id
        and commits.commit_sha = other.commit_sha
        and commits.event_id <> other.event_id
        and other.occurred_at <= commits.occurred_at
    where not commits.is_listed and other.is_listed
),

associated as (
    select distinct repo_id, commit_sha from {{ ref('stg_github__commit_pulls') }} where error_code is null
)

select
    commits.repo_id,
    commits.repo_full_name,
    commits.branch,
    commits.commit_sha,
    commits.event_id as ref_update_event_id,
    commits.occurred_at as pushed_at,
    commits.activity_type,
    commits.actor_login,
    commits.actor_id,
    {{ github_identity('actors.person_key', 'commits.actor_id', 'commits.actor_login') }} as actor_key,
    {{ github_identity('authors.person_key', 'commits.author_id', 'commits.author_login') }} as author_key,
    commits.in_scope,
    commits.is_listed,
    commits.changed_paths,
    best.pr_number,
    best.merged_at as pr_merged_at,
    best.base_ref as pr_base_ref,
    best.trace as pr_trace,
    case
        when commits.is_baseline then 'baseline'
        when held_elsewhere.commit_sha is not null and commits.activity_type = 'branch_creation' then 'branch_point'
        when best.coverage = 'covered' and commits.is_listed then 'covered'
        -- Nothing is known of what else the update brought: its last commit alone cannot clear it, only convict it.
        when not commits.is_listed and (best.coverage = 'covered' or associated.commit_sha is null) then 'unread'
        when best.coverage in ('indirect_merge', 'wrong_base') then best.coverage
        when associated.commit_sha is null then 'unread'
        else 'none'
    end as coverage
from commits
left join best using (repo_id, branch, commit_sha)
left join held_elsewhere using (repo_id, branch, commit_sha)
left join associated using (repo_id, commit_sha)
left join {{ ref('int_github_accounts') }} as actors on commits.actor_id = actors.account_id
left join {{ ref('int_github_accounts') }} as authors on commits.author_id = authors.account_id
