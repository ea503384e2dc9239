with branches as (
    select
        protection.*,
        repos.in_scope,
        repos.exclusion_reason,
        repos.owner_key
    from {{ ref('dim_branch_protection') }} as protection
    inner join {{ ref('dim_repo') }} as repos using (repo_id)
    where protection.day = {{ as_of_day() }}
),

layers as (
    select * from {{ ref('int_branch_rule_layers') }} where day = {{ as_of_day() }}
),

-- Who gets past any layer without a pull request. Bypassing through a pull request still needs one, and CM-03 and
-- CM-04 judge that one.
bypasses as (
    select repo_id, branch, {{ sorted_set('actor') }} as unexpected_bypass_actors
    from (
        select repo_id, branch, {{ unpacked(items_without('bypass_actors', param('bypass_actors_allowed'))) }} as actor
        from layers
    ) as actors
    where actor not like '%:pull_request'
    group by repo_id, branch
),

-- Administrators are held when each requirement is made by one layer at least that holds for them.
firmness as (
    select
        repo_id,
        branch,
        max(case when enforces_admins and requires_pull_request then required_approvals end) as firm_approvals,
        max(case when enforces_admins and {{ list_count('contexts') }} > 0 then 1 else 0 end) = 1 as has_firm_checks,
        max(case when enforces_admins and blocks_force_pushes then 1 else 0 end) = 1 as has_firm_history,
        max(case when enforces_admins and blocks_deletions then 1 else 0 end) = 1 as has_firm_deletion,
        max(case when not is_bypass_known then 1 else 0 end) = 1 as has_hidden_bypass,
        max(case when not enforces_admins then 1 else 0 end) = 1 as has_admin_exemption
    from layers
    group by repo_id, branch
),

previous as (
    select repo_id, branch, day, is_protected, observed_at
    from {{ ref('dim_branch_protection') }}
    where day < {{ as_of_day() }}
    qualify row_number() over (partition by repo_id, branch order by day desc) = 1
),

-- Between two daily snapshots only the audit log sees. Without an earlier snapshot the last day is looked at.
switched_off as (
    select
        branches.repo_id,
        branches.branch,
        max(events.occurred_at) as switched_off_at,
        max(events.actor_login) as switched_off_by
    from branches
    left join previous using (repo_id, branch)
    inner join {{ ref('stg_github__audit_log') }} as events
        on (events.repo_id = branches.repo_id or events.repo_full_name = branches.repo_full_name)
        and (events.branch is null or {{ matches_pattern('branches.branch', 'events.branch') }})
        and events.occurred_at > coalesce(previous.observed_at, branches.observed_at - interval '24 hours')
        and events.occurred_at <= branches.observed_at
    where coalesce(previous.is_protected, true)
        and (
            events.action in ('protected_branch.destroy', 'repository_ruleset.destroy')
            or (events.action = 'repository_ruleset.update' and events.ruleset_enforcement in ('disabled', 'evaluate'))
        )
    group by branches.repo_id, branches.branch
),

audit_log_state as (
    select count(*) > 0 as is_collected
    from {{ source('meta', 'selected_runs') }}
    where source_id = 'github.audit_log'
),

assessed as (
    select
        branches.*,
        firmness.has_hidden_bypass,
        firmness.has_admin_exemption,
        switched_off.switched_off_at,
        switched_off.switched_off_by,
        audit_log_state.is_collected as is_audit_log_collected,
        coalesce(bypasses.unexpected_bypass_actors, {{ empty_list() }}) as unexpected_bypass_actors,
        branches.unknown_reason is null as is_read,
        (branches.requires_pull_request and coalesce(firmness.firm_approvals, -1) < least(branches.required_approvals, {{ param('min_approvals') }}))
            or ({{ list_count('branches.contexts') }} > 0 and not firmness.has_firm_checks)
            or (not branches.allows_force_pushes and not firmness.has_firm_history)
            or (not branches.allows_deletions and not firmness.has_firm_deletion) as has_admin_gap
    from branches
    cross join audit_log_state
    left join firmness using (repo_id, branch)
    left join bypasses using (repo_id, branch)
    left join switched_off using (repo_id, branch)
),

flagged as (
    select
        *,
        is_read and is_protected as is_judged,
        (coalesce(has_admin_exemption, false) and has_admin_gap) or {{ list_count('unexpected_bypass_actors') }} > 0 as is_bypassable,
        not in_scope or not has_branch as is_excluded
    from assessed
),

coded as (
    select
        *,
        {{ codes([
            ('NOT_PROTECTED', "is_read and not is_protected"),
            ('APPROVALS_TOO_FEW', "is_judged and required_approvals < " ~ param('min_approvals')),
            ('STALE_APPROVALS_KEPT', "is_judged and not dismisses_stale_reviews and not requires_last_push_approval"),
            ('NO_REQUIRED_CHECKS', "is_judged and " ~ list_count('contexts') ~ " < " ~ param('require_checks_min')),
            ('ADMIN_BYPASS', "is_judged and is_bypassable"),
            ('FORCE_PUSH_ALLOWED', "is_judged and allows_force_pushes"),
            ('DELETION_ALLOWED', "is_judged and allows_deletions"),
            ('PROTECTION_GAP', "is_judged and switched_off_at is not null"),
        ]) }} as found_codes
    from flagged
),

final as (
    select
        *,
        case when is_excluded then {{ empty_list() }} else found_codes end as codes,
        not is_read or coalesce(has_hidden_bypass, false) as is_unknown,
        case
            when {{ list_count('layers') }} = 0 then 'none'
            when {{ list_count('layers') }} = 1 and {{ item_in("'classic'", 'layers') }} then 'classic'
            when {{ item_in("'classic'", 'layers') }} then 'classic and rulesets'
            else 'rulesets'
        end as rule_source
    from coded
)

select
    repo_id || '|' || branch as entity_key,
    repo_full_name || '@' || branch as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_excluded') }} as result,
    codes,
    case
        when not in_scope then 'Repository is out of scope: ' || coalesce(exclusion_reason, 'no reason recorded') || '.'
        when not has_branch then 'The repository is empty: it has no branch to protect.'
        when not is_read then 'Whether the branch is protected is not known: ' || unknown_reason || '.'
        when {{ item_in("'NOT_PROTECTED'", 'codes') }} then 'Neither classic protection nor an active ruleset applies.'
        when {{ list_count('codes') }} > 0 then
            'Protected by ' || rule_source
            || case when {{ item_in("'APPROVALS_TOO_FEW'", 'codes') }} then '; ' || required_approvals || ' approvals required, {{ param('min_approvals') }} expected' else '' end
            || case when {{ item_in("'STALE_APPROVALS_KEPT'", 'codes') }} then '; approvals stay valid after new pushes' else '' end
            || case when {{ item_in("'NO_REQUIRED_CHECKS'", 'codes') }} then '; ' || {{ list_count('contexts') }} || ' required checks' else '' end
            || case when {{ item_in("'ADMIN_BYPASS'", 'codes') }} then '; can be bypassed'
                || case when has_admin_exemption and has_admin_gap then ' by administrators' else '' end
                || case when {{ list_count('unexpected_bypass_actors') }} > 0 then ' by ' || {{ listed('unexpected_bypass_actors') }} else '' end
                else '' end
            || case when {{ item_in("'FORCE_PUSH_ALLOWED'", 'codes') }} then '; force pushes are allowed' else '' end
            || case when {{ item_in("'DELETION_ALLOWED'", 'codes') }} then '; the branch may be deleted' else '' end
            || case when {{ item_in("'PROTECTION_GAP'", 'codes') }} then '; switched off by ' || coalesce(switched_off_by, 'a deleted account') || ' at ' || {{ instant_text('switched_off_at') }} || ' and on again since' else '' end
            || '.'
        when is_unknown then 'Who may bypass a ruleset is not visible to the credential.'
        else 'Protected by ' || rule_source || ': ' || required_approvals || ' approvals, checks ' || {{ listed('contexts') }}
            || case when is_audit_log_collected then '' else '; the audit log is not collected, so a protection switched off between two snapshots would not be seen' end || '.'
    end as reason,
    repo_full_name as repo,
    branch,
    rule_source,
    'approvals ' || required_approvals
        || ', stale reviews ' || case when dismisses_stale_reviews then 'dismissed' else 'kept' end
        || ', last push approval ' || case when requires_last_push_approval then 'required' else 'not required' end
        || ', checks ' || {{ listed('contexts') }}
        || ', administrators ' || case when enforces_admins then 'included' else 'exempt' end
        || ', bypass ' || {{ listed('bypass_actors') }}
        || ', force pushes ' || case when allows_force_pushes then 'allowed' else 'blocked' end
        || ', deletion ' || case when allows_deletions then 'allowed' else 'blocked' end as effective_settings,
    observed_at as snapshot_at
from final
