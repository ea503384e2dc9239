-- Contexts required on the day of the merge, against what had run on the merged commit by then.
with merged as (
    select
        pulls.*,
        queued.commit_sha is not null as is_queued,
        case when queued.commit_sha is not null then pulls.merge_commit_sha else pulls.head_sha_at_merge end as sha
    from {{ ref('fct_pull_request') }} as pulls
    -- A merge queue tests a commit of its own making, and that is what lands on the branch.
    left join (
        select distinct repo_id, branch, commit_sha
        from {{ ref('int_update_commits') }}
        where activity_type = 'merge_queue_merge'
    ) as queued
        on pulls.repo_id = queued.repo_id
        and pulls.base_ref = queued.branch
        and pulls.merge_commit_sha = queued.commit_sha
    where pulls.is_production_change
),

-- The rules of the merge day as last observed before the merge; where the audit log shows that they changed between that
-- snapshot and the merge, as observed next. Merges before the first snapshot are judged by the nearest later one. A
-- default branch that was renamed since is looked up under its new name.
snapshots as (
    select
        merged.repo_id,
        merged.pr_number,
        merged.merged_at,
        protection.day,
        protection.observed_at,
        protection.contexts,
        protection.unknown_reason,
        protection.observed_at <= merged.merged_at as is_before,
        row_number() over (
            partition by merged.repo_id, merged.pr_number, protection.observed_at <= merged.merged_at
            order by abs({{ seconds_between('protection.observed_at', 'merged.merged_at') }})
        ) as distance
    from merged
    left join {{ ref('int_repo_branches') }} as base
        on merged.repo_id = base.repo_id
        and merged.base_ref = base.branch
    left join {{ ref('dim_repo') }} as repos on merged.repo_id = repos.repo_id
    inner join {{ ref('dim_branch_protection') }} as protection
        on merged.repo_id = protection.repo_id
        and protection.branch = case when base.kind = 'former_default' then repos.default_branch else merged.base_ref end
    where protection.day <= {{ as_of_day() }}
),

changed as (
    select distinct snapshots.repo_id, snapshots.pr_number
    from snapshots
    inner join merged using (repo_id, pr_number)
    inner join {{ ref('stg_github__audit_log') }} as events
        on (events.repo_id = snapshots.repo_id or events.repo_full_name = merged.repo_full_name)
        and (events.action like 'protected_branch.%' or events.action like 'repository_ruleset.%')
        and events.action <> 'protected_branch.policy_override'
        and events.occurred_at > snapshots.observed_at
        and events.occurred_at <= snapshots.merged_at
    where snapshots.is_before and snapshots.distance = 1
),

protections as (
    select
        snapshots.*,
        abs({{ hours_between('snapshots.observed_at', 'snapshots.merged_at') }}) > 24 as is_assumed
    from snapshots
    left join changed using (repo_id, pr_number)
    where snapshots.distance = 1
    qualify row_number() over (
        partition by snapshots.repo_id, snapshots.pr_number
        order by case when snapshots.is_before = (changed.pr_number is null) then 0 else 1 end
    ) = 1
),

required as (
    select
        repo_id,
        pr_number,
        day,
        is_assumed,
        {{ unpacked("case when unknown_reason is null and " ~ list_count('contexts') ~ " > 0 then contexts end") }} as context
    from protections
),

expected as (
    select
        merged.repo_id,
        merged.pr_number,
        coalesce(
            required.context,
            case when protections.day is null or protections.unknown_reason is not null then 'UNKNOWN' else 'NO_CONTEXT' end
        ) as context,
        required.context is not null as is_required,
        case
            when protections.day is null then 'no snapshot of the branch rules'
            else protections.unknown_reason
        end as unknown_reason,
        protections.day as protection_observed_on,
        coalesce(protections.is_assumed, false) as is_protection_assumed,
        merged.repo_full_name,
        merged.base_ref,
        merged.owner_key,
        merged.in_scope,
        merged.exclusion_reason,
        merged.sha,
        merged.is_queued,
        merged.merged_at
    from merged
    left join protections using (repo_id, pr_number)
    left join required using (repo_id, pr_number)
),

attempts as (
    select
        expected.repo_id,
        expected.pr_number,
        expected.context,
        checks.check_id,
        checks.conclusion,
        checks.started_at,
        checks.completed_at,
        checks.url,
        coalesce(checks.completed_at <= expected.merged_at, false) as is_completed_before_merge,
        coalesce(checks.started_at <= expected.merged_at, checks.completed_at <= expected.merged_at, false) as is_started_before_merge
    from expected
    inner join {{ ref('fct_check_run') }} as checks
        on expected.repo_id = checks.repo_id
        and expected.sha = checks.sha
        and expected.context = checks.context
),

latest_completed as (
    select *
    from attempts
    where is_completed_before_merge
    qualify row_number() over (
        partition by repo_id, pr_number, context order by completed_at desc, started_at desc, check_id desc
    ) = 1
),

latest_started as (
    select *
    from attempts
    where is_started_before_merge
    qualify row_number() over (
        partition by repo_id, pr_number, context order by started_at desc, completed_at desc, check_id desc
    ) = 1
)

select
    expected.repo_id,
    expected.pr_number,
    expected.context,
    expected.is_required,
    expected.unknown_reason,
    expected.protection_observed_on,
    expected.is_protection_assumed,
    expected.repo_full_name,
    expected.base_ref,
    expected.owner_key,
    expected.in_scope,
    expected.exclusion_reason,
    expected.sha,
    expected.is_queued,
    expected.merged_at,
    latest_completed.check_id,
    latest_completed.conclusion as conclusion_at_merge,
    latest_completed.completed_at,
    coalesce(latest_completed.url, latest_started.url) as run_url,
    latest_started.check_id is not null as has_started_before_merge,
    latest_started.check_id is not null and not latest_started.is_completed_before_merge as is_pending_at_merge
from expected
left join latest_completed using (repo_id, pr_number, context)
left join latest_started using (repo_id, pr_number, context)
