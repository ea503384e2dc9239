-- The strictest of all layers, day by day: history, because a merge is judged by the rules of its own day.
with repositories as (
    select _day as day, repo_id, full_name, default_branch
    from {{ ref('stg_github__repositories') }}
    where repo_id is not null
),

branches as (
    select * from {{ ref('stg_github__branches') }}
),

production_branches as (
    select day, repo_id, full_name, default_branch as branch, 'default' as kind
    from repositories
    where default_branch is not null
    union
    select repositories.day, repositories.repo_id, repositories.full_name, named.branch, named.kind
    from repositories
    inner join {{ ref('int_repo_branches') }} as named
        on repositories.repo_id = named.repo_id
        and named.kind = 'release'
        and named.branch <> repositories.default_branch
    inner join branches
        on repositories.day = branches._day
        and repositories.repo_id = branches.repo_id
        and named.branch = branches.branch
),

-- A repository without any branch has nothing to protect; a refused listing is not the same.
listings as (
    select
        _day as day,
        repo_id,
        max(case when branch is not null then 1 else 0 end) = 1 as has_branches,
        max(case when error_status in (401, 403) then 1 else 0 end) = 1 as is_refused
    from branches
    group by _day, repo_id
),

protections as (
    select *
    from {{ ref('stg_github__branch_protections') }}
    qualify row_number() over (partition by _day, repo_id, branch order by _seq desc) = 1
),

rule_answers as (
    select
        _day as day,
        repo_id,
        branch,
        max(case when error_code is not null then 1 else 0 end) = 1 as is_refused
    from {{ ref('stg_github__branch_rules') }}
    group by _day, repo_id, branch
),

contexts as (
    select repo_id, branch, day, {{ sorted_set('context') }} as contexts
    from (
        select repo_id, branch, day, {{ unpacked('contexts') }} as context from {{ ref('int_branch_rule_layers') }}
    ) as items
    group by repo_id, branch, day
),

bypasses as (
    select repo_id, branch, day, {{ sorted_set('actor') }} as bypass_actors
    from (
        select repo_id, branch, day, {{ unpacked('bypass_actors') }} as actor from {{ ref('int_branch_rule_layers') }}
    ) as items
    group by repo_id, branch, day
),

layers as (
    select
        repo_id,
        branch,
        day,
        {{ sorted_set('layer') }} as layers,
        max(case when requires_pull_request then 1 else 0 end) = 1 as requires_pull_request,
        max(required_approvals) as required_approvals,
        max(case when dismisses_stale_reviews then 1 else 0 end) = 1 as dismisses_stale_reviews,
        max(case when requires_last_push_approval then 1 else 0 end) = 1 as requires_last_push_approval,
        max(case when requires_code_owner_reviews then 1 else 0 end) = 1 as requires_code_owner_reviews,
        max(case when requires_up_to_date then 1 else 0 end) = 1 as requires_up_to_date,
        max(case when blocks_force_pushes then 1 else 0 end) = 0 as allows_force_pushes,
        max(case when blocks_deletions then 1 else 0 end) = 0 as allows_deletions,
        min(case when enforces_admins then 1 else 0 end) = 1 as enforces_admins,
        min(case when is_bypass_known then 1 else 0 end) = 1 as is_bypass_known
    from {{ ref('int_branch_rule_layers') }}
    group by repo_id, branch, day
),

-- Every logical day is observed at the same time of day.
clock as (
    select {{ seconds_between('cast(' ~ as_of_day() ~ ' as timestamp)', as_of()) }} as seconds_after_midnight
)

select
    production_branches.repo_id,
    production_branches.branch,
    production_branches.day,
    production_branches.full_name as repo_full_name,
    production_branches.kind as branch_kind,
    not coalesce(not listings.has_branches and not listings.is_refused, false) as has_branch,
    case
        when protections.repo_id is null then 'classic protection was not asked for'
        when protections.is_protected is null
            then 'classic protection was refused: ' || coalesce(protections.error_message, protections.error_code, 'no reason given')
        when rule_answers.repo_id is null then 'active rules were not asked for'
        when rule_answers.is_refused then 'active rules were refused'
    end as unknown_reason,
    layers.repo_id is not null as is_protected,
    coalesce(layers.layers, {{ empty_list() }}) as layers,
    coalesce(layers.requires_pull_request, false) as requires_pull_request,
    coalesce(layers.required_approvals, 0) as required_approvals,
    coalesce(layers.dismisses_stale_reviews, false) as dismisses_stale_reviews,
    coalesce(layers.requires_last_push_approval, false) as requires_last_push_approval,
    coalesce(layers.requires_code_owner_reviews, false) as requires_code_owner_reviews,
    coalesce(contexts.contexts, {{ empty_list() }}) as contexts,
    coalesce(layers.requires_up_to_date, false) as requires_up_to_date,
    coalesce(layers.enforces_admins, false) as enforces_admins,
    coalesce(bypasses.bypass_actors, {{ empty_list() }}) as bypass_actors,
    coalesce(layers.is_bypass_known, true) as is_bypass_known,
    coalesce(layers.allows_force_pushes, true) as allows_force_pushes,
    coalesce(layers.allows_deletions, true) as allows_deletions,
    {{ plus_seconds('cast(production_branches.day as timestamp)', 'clock.seconds_after_midnight') }} as observed_at
from production_branches
cross join clock
left join listings
    on production_branches.day = listings.day
    and production_branches.repo_id = listings.repo_id
left join protections
    on production_branches.day = protections._day
    and production_branches.repo_id = protections.repo_id
    and production_branches.branch = protections.branch
left join rule_answers
    on production_branches.day = rule_answers.day
    and production_branches.repo_id = rule_answers.repo_id
    and production_branches.branch = rule_answers.branch
left join layers
    on production_branches.day = layers.day
    and production_branches.repo_id = layers.repo_id
    and production_branches.branch = layers.branch
left join contexts
    on production_branches.day = contexts.day
    and production_branches.repo_id = contexts.repo_id
    and production_branches.branch = contexts.branch
left join bypasses
    on production_branches.day = bypasses.day
    and production_branches.repo_id = bypasses.repo_id
    and production_branches.branch = bypasses.branch
