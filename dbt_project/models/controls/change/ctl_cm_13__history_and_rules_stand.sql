with engagement as (select * from {{ ref('dim_engagement') }}),

production as (
    select branches.repo_id, branches.branch, repos.full_name as repo_full_name, repos.owner_key, repos.in_scope, repos.exclusion_reason
    from (select distinct repo_id, branch from {{ ref('int_repo_branches') }}) as branches
    inner join {{ ref('dim_repo') }} as repos on repos.repo_id = branches.repo_id
),

repositories as (select distinct repo_id, repo_full_name, owner_key, in_scope, exclusion_reason from production),

updates as (
    select changes.*, production.repo_full_name, production.owner_key, production.in_scope, production.exclusion_reason
    from {{ ref('fct_ref_update') }} as changes
    inner join production on production.repo_id = changes.repo_id and production.branch = changes.branch
),

-- A branch that is renamed ends under its old name, and the new one begins on the same commit.
renamed as (
    select distinct ended.event_id
    from updates as ended
    inner join updates as begun
        on begun.repo_id = ended.repo_id
        and begun.activity_type = 'branch_creation'
        and begun.after_sha = ended.before_sha
        and begun.branch <> ended.branch
        and abs({{ seconds_between('ended.occurred_at', 'begun.occurred_at') }}) <= 600
    where ended.activity_type = 'branch_deletion'
),

-- Snapshots of tags, each beside the one before of the same repository.
tag_days as (
    select
        repo_id,
        _day,
        lag(_day) over (partition by repo_id order by _day) as previous_day
    from (select distinct repo_id, _day from {{ ref('stg_github__tags') }} where error_code is null) as read_days
),

release_tags as (
    select repo_id, _day, ref, target_sha
    from {{ ref('stg_github__tags') }}
    where ref is not null and {{ matches_any_pattern("replace(ref, 'refs/tags/', '')", param_value('release_tag_patterns') or []) }}
),

moved_tags as (
    select
        before.repo_id,
        before.ref,
        tag_days._day as day,
        before.target_sha as before_sha,
        after.target_sha as after_sha
    from release_tags as before
    inner join tag_days on tag_days.repo_id = before.repo_id and tag_days.previous_day = before._day
    left join release_tags as after
        on after.repo_id = before.repo_id
        and after.ref = before.ref
        and after._day = tag_days._day
    where after.target_sha is distinct from before.target_sha
),

-- What protects a branch, each day beside the one before.
protections as (
    select
        *,
        {{ list_count('contexts') }} as contexts_count,
        {{ list_count('bypass_actors') }} as bypass_actors_count,
        lag(day) over by_day as previous_day,
        lag(is_protected) over by_day as was_protected,
        lag(requires_pull_request) over by_day as required_pull_request,
        lag(required_approvals) over by_day as previous_approvals,
        lag(dismisses_stale_reviews) over by_day as dismissed_stale_reviews,
        lag(requires_code_owner_reviews) over by_day as required_code_owner_reviews,
        lag({{ list_count('contexts') }}) over by_day as previous_contexts_count,
        lag(enforces_admins) over by_day as enforced_admins,
        lag({{ list_count('bypass_actors') }}) over by_day as previous_bypass_actors_count,
        lag(allows_force_pushes) over by_day as allowed_force_pushes,
        lag(allows_deletions) over by_day as allowed_deletions
    from {{ ref('dim_branch_protection') }}
    where unknown_reason is null and has_branch
    window by_day as (partition by repo_id, branch order by day)
),

weakened as (
    select *
    from protections
    where previous_day is not null
        and (
            (was_protected and not is_protected)
            or (required_pull_request and not requires_pull_request)
            or required_approvals < previous_approvals
            or (dismissed_stale_reviews and not dismisses_stale_reviews)
            or (required_code_owner_reviews and not requires_code_owner_reviews)
            or contexts_count < previous_contexts_count
            or (enforced_admins and not enforces_admins)
            or bypass_actors_count > previous_bypass_actors_count
            or (allows_force_pushes and not allowed_force_pushes)
            or (allows_deletions and not allowed_deletions)
        )
),

suites as (
    select *
    from {{ ref('stg_github__rule_suites') }}
    where suite_id is not null
    qualify row_number() over (partition by suite_id order by _day desc, _seq desc) = 1
),

audit_events as (
    select *
    from {{ ref('stg_github__audit_log') }}
    where event_id is not null
        and (
            action in ('protected_branch.policy_override', 'protected_branch.destroy', 'repository_ruleset.destroy')
            or (action = 'repository_ruleset.update' and ruleset_enforcement in ('disabled', 'evaluate'))
        )
    qualify row_number() over (partition by event_id order by _day desc, _seq desc) = 1
),

events as (
    select
        updates.event_id, updates.repo_id, updates.ref, updates.activity_type as kind, updates.actor_login as actor,
        updates.occurred_at, updates.before_sha, updates.after_sha
    from updates
    where (updates.activity_type = 'force_push' and updates.before_sha is distinct from updates.after_sha)
        or updates.activity_type = 'branch_deletion'

    union all

    select
        'tag|' || repo_id || '|' || replace(ref, 'refs/tags/', '') || '|' || cast(day as varchar), repo_id, ref,
        case when after_sha is null then 'tag_deletion' else 'tag_move' end, null, cast(day as timestamp), before_sha, after_sha
    from moved_tags

    union all

    select 'suite|' || suites.suite_id, suites.repo_id, suites.ref, 'rule_bypass', suites.actor_login, suites.pushed_at, suites.before_sha, suites.after_sha
    from suites
    left join production on production.repo_id = suites.repo_id and 'refs/heads/' || production.branch = suites.ref
    where suites.result = 'bypass'
        and (production.branch is not null or (suites.ref like 'refs/tags/%'
            and {{ matches_any_pattern("replace(suites.ref, 'refs/tags/', '')", param_value('release_tag_patterns') or []) }}))

    union all

    -- The push behind an override is the actor's at that moment.
    select
        audit_events.event_id, repositories.repo_id, 'refs/heads/' || audit_events.branch, audit_events.action, audit_events.actor_login,
        audit_events.occurred_at, min(updates.before_sha), min(updates.after_sha)
    from audit_events
    inner join repositories on repositories.repo_id = audit_events.repo_id or repositories.repo_full_name = audit_events.repo_full_name
    left join production on production.repo_id = repositories.repo_id and production.branch = audit_events.branch
    left join updates
        on audit_events.action = 'protected_branch.policy_override'
        and updates.repo_id = repositories.repo_id
        and updates.branch = audit_events.branch
        and lower(updates.actor_login) = lower(audit_events.actor_login)
        and abs({{ seconds_between('audit_events.occurred_at', 'updates.occurred_at') }}) <= 60
    where audit_events.branch is null
        or production.branch is not null
        -- Protection may be kept for a pattern.
        or (audit_events.action = 'protected_branch.destroy' and exists (
            select 1
            from production as any_branch
            where any_branch.repo_id = repositories.repo_id and {{ matches_pattern('any_branch.branch', 'audit_events.branch') }}
        ))
    group by audit_events.event_id, repositories.repo_id, audit_events.branch, audit_events.action, audit_events.actor_login, audit_events.occurred_at

    union all

    select
        'protection|' || repo_id || '|' || branch || '|' || cast(day as varchar), repo_id, 'refs/heads/' || branch, 'protection_change', null, observed_at, null, null
    from weakened

    union all

    -- What was not listed tonight may have moved.
    select distinct 'unread|tags|' || repo_id, repo_id, 'refs/tags/*', 'unread_tags', null, {{ as_of() }}, null, null
    from {{ ref('stg_github__tags') }}
    where _day = {{ as_of_day() }} and error_code is not null
),

declarations as (
    select
        object_key,
        min(change_ref) as emergency_ref,
        max(case when is_approved and not is_approver_unresolved and justification is not null then 1 else 0 end) = 1 as is_approved,
        min(declared_at) as declared_at
    from {{ ref('fct_emergency_declaration') }}
    where kind in ('ref_update', 'ref_event', 'commit')
    group by object_key
),

measured as (
    select
        events.*,
        repositories.repo_full_name,
        repositories.owner_key,
        not repositories.in_scope as is_excluded,
        repositories.exclusion_reason,
        renamed.event_id is not null as is_renamed,
        coalesce(own.emergency_ref, pushed.emergency_ref) as emergency_ref,
        coalesce(own.is_approved and own.declared_at <= {{ plus_hours('events.occurred_at', param('declare_within_hours')) }}, false)
            or coalesce(pushed.is_approved and pushed.declared_at <= {{ plus_hours('events.occurred_at', param('declare_within_hours')) }}, false) as is_declared
    from events
    inner join repositories on repositories.repo_id = events.repo_id
    cross join engagement
    left join renamed on renamed.event_id = events.event_id
    left join declarations as own on own.object_key = events.event_id
    left join declarations as pushed on pushed.object_key = events.after_sha
    where events.occurred_at >= cast(engagement.window_start as timestamp) and events.occurred_at <= {{ as_of() }}
),

judged as (
    select
        *,
        {{ codes([
            ('FORCE_PUSH', "kind = 'force_push' and not is_declared"),
            ('BRANCH_DELETED', "kind in ('branch_deletion', 'tag_deletion') and not is_renamed and not is_declared"),
            ('TAG_MOVED', "kind = 'tag_move' and not is_declared"),
            ('RULE_BYPASS', "kind in ('rule_bypass', 'protected_branch.policy_override') and not is_declared"),
            ('PROTECTION_WEAKENED',
                "kind in ('protected_branch.destroy', 'repository_ruleset.destroy', 'repository_ruleset.update', 'protection_change') and not is_declared"),
            ('EMERGENCY_DECLARED', 'is_declared'),
        ]) }} as codes
    from measured
)

select
    event_id as entity_key,
    repo_full_name || coalesce(' ' || ref, '') || ' ' || kind as entity_name,
    owner_key,
    {{ row_result(excluded='is_excluded', unknown="kind = 'unread_tags'") }} as result,
    codes,
    case
        when is_excluded then 'Repository is out of scope: ' || coalesce(exclusion_reason, 'no reason recorded') || '.'
        when is_declared then 'Declared and approved as emergency change ' || emergency_ref || '.'
        when is_renamed then 'The branch was renamed: the new name began on the same commit.'
        when kind = 'force_push' then coalesce(actor, 'A deleted account') || ' rewrote the branch at ' || {{ instant_text('occurred_at') }} || '.'
        when kind = 'branch_deletion' then coalesce(actor, 'A deleted account') || ' deleted the branch at ' || {{ instant_text('occurred_at') }} || '.'
        when kind = 'unread_tags' then 'The tags of the repository could not be listed.'
        when kind = 'tag_deletion' then 'The tag is gone since the snapshot before.'
        when kind = 'tag_move' then 'The tag points to ' || left(after_sha, 7) || ', in the snapshot before it pointed to ' || left(before_sha, 7) || '.'
        when kind in ('rule_bypass', 'protected_branch.policy_override')
            then coalesce(actor, 'A deleted account') || ' bypassed the rules of the ref at ' || {{ instant_text('occurred_at') }} || '.'
        when kind = 'protection_change' then 'A setting of the branch''s protection is weaker than in the snapshot before.'
        else coalesce(actor, 'A deleted account') || ' removed or switched off protection at ' || {{ instant_text('occurred_at') }} || '.'
    end as reason,
    event_id,
    repo_full_name as repo,
    ref,
    actor,
    occurred_at,
    kind as event_type,
    before_sha,
    after_sha,
    emergency_ref
from judged
