-- A freeze runs from so many calendar months before the audit begins until it does, in the days of the report's time zone.
with freezes as (
    select
        *,
        {{ local_to_utc('cast(' ~ plus_months('anchor_on', '-' ~ param('freeze_months')) ~ ' as timestamp)', 'zone') }} as frozen_from,
        {{ local_to_utc('cast(anchor_on as timestamp)', 'zone') }} as frozen_until
    from {{ ref('int_engagements_dated') }}
    where not is_closed
),

deployments as (
    select
        freezes.engagement_id,
        freezes.frozen_from,
        production.*
    from ({{ production_deployments() }}) as production
    inner join freezes
        on production.begun_at >= freezes.frozen_from and production.begun_at < freezes.frozen_until
    where production.success_at is not null
),

-- What a deployment brought for the first time; one that goes back to an earlier commit brings nothing.
brought as (
    select
        deployments.engagement_id,
        deployments.deployment_id,
        commits.repo_id,
        commits.repo_full_name,
        commits.commit_sha,
        commits.is_new,
        not commits.is_on_branch or commits.is_maybe_rewritten or (commits.is_new and not commits.is_listed) as is_unclear
    from deployments
    inner join {{ ref('fct_deployed_commit') }} as commits on commits.deployment_id = deployments.deployment_id
),

pulls as (
    select
        links.repo_id,
        links.commit_sha,
        pulls.pr_number,
        pulls.labels,
        pulls.author_key
    from {{ ref('fct_branch_commit') }} as links
    inner join {{ ref('fct_pull_request') }} as pulls
        on pulls.repo_id = links.repo_id and pulls.pr_number = links.pr_number
    qualify row_number() over (partition by links.repo_id, links.commit_sha order by pulls.merged_at desc, pulls.pr_number) = 1
),

-- Paths are those of the update of a production branch that the commit came with.
updates as (
    select repo_id, after_sha, {{ sorted_set('path') }} as paths
    from (
        select repo_id, after_sha, {{ unpacked('changed_paths') }} as path
        from {{ ref('int_update_compares') }}
        where error_code is null and changed_paths is not null
    ) as listed
    group by repo_id, after_sha
),

arrivals as (
    select distinct events.repo_id, events.commit_sha, updates.paths
    from {{ ref('int_update_commits') }} as events
    inner join {{ ref('int_production_updates') }} as moves on moves.event_id = events.event_id
    inner join updates on updates.repo_id = moves.repo_id and updates.after_sha = moves.after_sha
),

changes as (
    select
        brought.engagement_id,
        brought.deployment_id,
        min(pulls.pr_number) as pr_number,
        {{ sorted_set('pulls.author_key') }} as author_keys,
        {{ sorted_set("brought.repo_full_name || '#' || pulls.pr_number") }} as pull_refs,
        {{ sorted_set('brought.commit_sha') }} as commit_shas,
        {{ sorted_set("case when brought.is_new and " ~ list_count(shared_items(param('major_labels'), 'pulls.labels')) ~ " > 0 then 'label ' || " ~ joined(shared_items(param('major_labels'), 'pulls.labels')) ~ ' end') }} as labels,
        {{ sorted_set('case when brought.is_new then ' ~ first_covered(param('major_paths'), 'arrivals.paths') ~ ' end') }} as paths,
        max(case when brought.is_unclear or (brought.is_new and arrivals.paths is null) then 1 else 0 end) = 1 as is_unclear
    from brought
    left join pulls on pulls.repo_id = brought.repo_id and pulls.commit_sha = brought.commit_sha
    left join arrivals on arrivals.repo_id = brought.repo_id and arrivals.commit_sha = brought.commit_sha
    group by brought.engagement_id, brought.deployment_id
),

emergencies as (
    select object_key as deployment_id from {{ ref('fct_emergency_declaration') }} where kind = 'deployment' group by object_key
),

waivers as (
    select
        register.waiver_id,
        lower(trim(register.change_ref)) as change_ref,
        register.approved_at,
        people.person_key as approver_key
    from ({{ newest(ref('stg_registers__freeze_waivers')) }}) as register
    inner join {{ ref('int_person_refs') }} as people on register.approved_by = people.ref
    where register.approved_at <= {{ as_of() }} and trim(coalesce(register.reason, '')) <> ''
),

assessed as (
    select
        deployments.engagement_id,
        deployments.deployment_id,
        deployments.repo_full_name,
        deployments.begun_at,
        deployments.owner_key,
        deployments.in_scope,
        deployments.exclusion_reason,
        changes.pr_number,
        changes.is_unclear,
        {{ joined(listed_together('changes.labels', 'changes.paths')) }} as major_reason,
        min(waivers.waiver_id) as waiver_id
    from deployments
    left join changes
        on changes.engagement_id = deployments.engagement_id and changes.deployment_id = deployments.deployment_id
    left join emergencies on emergencies.deployment_id = deployments.deployment_id
    left join waivers
        on (
            waivers.change_ref = deployments.deployment_id
            or waivers.change_ref = lower(deployments.sha)
            or {{ item_in('waivers.change_ref', 'changes.commit_shas') }}
            or {{ item_in('waivers.change_ref', 'changes.pull_refs') }}
        )
        and not {{ item_in('waivers.approver_key', 'changes.author_keys') }}
        -- An emergency may be waived within a business day.
        and waivers.approved_at <= case
            when emergencies.deployment_id is not null
                then {{ plus_business_days('deployments.begun_at', param('emergency_waiver_business_days')) }}
            else deployments.begun_at
        end
    group by all
),

population as (
    select
        engagement_id || '|' || deployment_id as entity_key,
        repo_full_name || ', deployment ' || deployment_id as entity_name,
        owner_key,
        deployment_id,
        engagement_id,
        repo_full_name as repo,
        pr_number,
        begun_at as deployed_at,
        nullif(major_reason, '') as major_reason,
        waiver_id,
        coalesce(is_unclear, true) as is_unclear,
        not in_scope as is_left_out,
        exclusion_reason
    from assessed

    union all

    -- Without a date of the audit nobody knows what is frozen.
    select
        engagement_id || '|freeze',
        'Freeze before ' || engagement_id,
        cast(null as varchar),
        cast(null as varchar),
        engagement_id,
        cast(null as varchar),
        cast(null as bigint),
        cast(null as timestamp),
        cast(null as varchar),
        cast(null as varchar),
        true,
        false,
        cast(null as varchar)
    from freezes
    where anchor_on is null
),

found as (
    select
        *,
        {{ codes([('MAJOR_CHANGE_IN_FREEZE', 'major_reason is not null and waiver_id is null')]) }} as codes
    from population
)

select
    entity_key,
    entity_name,
    owner_key,
    {{ row_result(unknown='is_unclear and major_reason is null and waiver_id is null', excluded='is_left_out') }} as result,
    codes,
    case
        when is_left_out then coalesce(exclusion_reason, 'The repository does not count.')
        when deployment_id is null then 'When the audit begins, and so when the freeze does, is not in the register.'
        when {{ joined('codes') }} <> '' then 'Major: ' || major_reason || '. No waiver was approved before by somebody else.'
        when major_reason is not null then 'Major: ' || major_reason || '. Waived by ' || waiver_id || '.'
        when is_unclear then 'What the deployment brought is not fully known.'
        else 'Brought nothing major.'
    end as reason,
    deployment_id,
    engagement_id,
    repo,
    pr_number,
    deployed_at,
    major_reason,
    waiver_id
from found
