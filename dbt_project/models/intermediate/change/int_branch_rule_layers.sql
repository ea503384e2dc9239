-- What stands in front of a branch, layer by layer: classic protection is one, each active ruleset another. They are
-- kept apart because a bypass of one layer does not open the others.
with rulesets as (
    select *
    from {{ ref('stg_github__rulesets') }}
    where ruleset_id is not null
    qualify row_number() over (partition by _day, repo_id, ruleset_id order by _seq desc) = 1
),

classic as (
    select
        repo_id,
        branch,
        _day as day,
        'classic' as layer,
        coalesce(has_required_reviews, false) as requires_pull_request,
        case when has_required_reviews then coalesce(required_approvals, 0) else 0 end as required_approvals,
        coalesce(dismisses_stale_reviews, false) as dismisses_stale_reviews,
        coalesce(requires_last_push_approval, false) as requires_last_push_approval,
        coalesce(requires_code_owner_reviews, false) as requires_code_owner_reviews,
        case when has_required_checks then coalesce(required_contexts, {{ empty_list() }}) else {{ empty_list() }} end as contexts,
        coalesce(requires_up_to_date, false) as requires_up_to_date,
        not coalesce(allows_force_pushes, false) as blocks_force_pushes,
        not coalesce(allows_deletions, false) as blocks_deletions,
        coalesce(enforces_admins, false) as enforces_admins,
        coalesce(bypass_allowances, {{ empty_list() }}) as bypass_actors,
        true as is_bypass_known
    from {{ ref('stg_github__branch_protections') }}
    where is_protected
),

-- The rules endpoint answers with active rules only; the ruleset's own word is believed over that.
rules as (
    select
        rules.repo_id,
        rules.branch,
        rules._day as day,
        rules.ruleset_id,
        rules.rule_type,
        rules.required_approvals,
        rules.dismisses_stale_reviews,
        rules.requires_last_push_approval,
        rules.requires_code_owner_reviews,
        rules.required_contexts,
        rules.requires_up_to_date,
        rulesets.bypass_actors,
        coalesce(rulesets.is_bypass_visible, false) as is_bypass_known
    from {{ ref('stg_github__branch_rules') }} as rules
    left join rulesets
        on rules._day = rulesets._day
        and rules.repo_id = rulesets.repo_id
        and rules.ruleset_id = rulesets.ruleset_id
    where rules.rule_type is not null
        and coalesce(rulesets.enforcement, 'active') = 'active'
),

contexts as (
    select repo_id, branch, day, ruleset_id, {{ sorted_set('context') }} as contexts
    from (
        select repo_id, branch, day, ruleset_id, {{ unpacked('required_contexts') }} as context
        from rules
        where rule_type = 'required_status_checks'
    ) as items
    group by repo_id, branch, day, ruleset_id
),

bypasses as (
    select repo_id, branch, day, ruleset_id, {{ sorted_set('actor') }} as bypass_actors
    from (
        select repo_id, branch, day, ruleset_id, {{ unpacked('bypass_actors') }} as actor
        from rules
    ) as items
    group by repo_id, branch, day, ruleset_id
),

ruleset_layers as (
    select
        repo_id,
        branch,
        day,
        ruleset_id,
        max(case when rule_type = 'pull_request' then 1 else 0 end) = 1 as requires_pull_request,
        max(case when rule_type = 'pull_request' then coalesce(required_approvals, 0) else 0 end) as required_approvals,
        max(case when rule_type = 'pull_request' and dismisses_stale_reviews then 1 else 0 end) = 1 as dismisses_stale_reviews,
        max(case when rule_type = 'pull_request' and requires_last_push_approval then 1 else 0 end) = 1 as requires_last_push_approval,
        max(case when rule_type = 'pull_request' and requires_code_owner_reviews then 1 else 0 end) = 1 as requires_code_owner_reviews,
        max(case when rule_type = 'required_status_checks' and requires_up_to_date then 1 else 0 end) = 1 as requires_up_to_date,
        max(case when rule_type = 'non_fast_forward' then 1 else 0 end) = 1 as blocks_force_pushes,
        max(case when rule_type = 'deletion' then 1 else 0 end) = 1 as blocks_deletions,
        min(case when is_bypass_known then 1 else 0 end) = 1 as is_bypass_known
    from rules
    group by repo_id, branch, day, ruleset_id
)

select * from classic
union all
select
    layers.repo_id,
    layers.branch,
    layers.day,
    'ruleset ' || layers.ruleset_id as layer,
    layers.requires_pull_request,
    layers.required_approvals,
    layers.dismisses_stale_reviews,
    layers.requires_last_push_approval,
    layers.requires_code_owner_reviews,
    coalesce(contexts.contexts, {{ empty_list() }}) as contexts,
    layers.requires_up_to_date,
    layers.blocks_force_pushes,
    layers.blocks_deletions,
    true as enforces_admins,
    coalesce(bypasses.bypass_actors, {{ empty_list() }}) as bypass_actors,
    layers.is_bypass_known
from ruleset_layers as layers
left join contexts using (repo_id, branch, day, ruleset_id)
left join bypasses using (repo_id, branch, day, ruleset_id)
