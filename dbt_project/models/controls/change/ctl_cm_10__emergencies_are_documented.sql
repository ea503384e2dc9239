-- Whatever bypassed the normal process, whatever calls itself a hotfix, and whatever the register declares an emergency.
with bypasses as (
    select 'CM-01' as control_id, 'commit' as kind, commit_sha as object_key, entity_key, entity_name, owner_key, pushed_at as occurred_at
    from {{ ref('ctl_cm_01__commits_came_through_pull_requests') }}
    where result = 'exception'
    union all
    select 'CM-03', 'pull_request', repo || '#' || pr_number, entity_key, entity_name, owner_key, merged_at
    from {{ ref('ctl_cm_03__merges_were_independently_approved') }}
    where result = 'exception'
    union all
    select 'CM-04', 'pull_request', repo || '#' || pr_number, entity_key, repo || '#' || pr_number, owner_key, merged_at
    from {{ ref('ctl_cm_04__required_checks_passed_before_merge') }}
    where result = 'exception'
    union all
    select 'CM-06', 'deployment', deployment_id, entity_key, entity_name, owner_key, prod_started_at
    from {{ ref('ctl_cm_06__staging_precedes_production') }}
    where result = 'exception' or {{ item_in("'EMERGENCY_WAIVER'", 'codes') }}
    union all
    select 'CM-07', 'deployment', deployment_id, entity_key, entity_name, owner_key, prod_started_at
    from {{ ref('ctl_cm_07__staging_was_validated') }}
    where result = 'exception'
    union all
    select 'CM-08', case when event_name is null then 'deployment' else 'cloud_event' end, change_event_id, entity_key, entity_name, owner_key, occurred_at
    from {{ ref('ctl_cm_08__production_changed_by_pipeline') }}
    where result = 'exception'
    union all
    -- What a push left behind is the same change as its commit.
    select
        'CM-13',
        case when event_type in ('tag_move', 'tag_deletion') or {{ is_no_commit('after_sha') }}
            then case when event_type = 'branch_deletion' then 'ref_update' else 'ref_event' end
            else 'commit'
        end,
        case when event_type in ('tag_move', 'tag_deletion') or {{ is_no_commit('after_sha') }} then entity_key else after_sha end,
        entity_key, entity_name, owner_key, occurred_at
    from {{ ref('ctl_cm_13__history_and_rules_stand') }}
    where result = 'exception' or {{ item_in("'EMERGENCY_DECLARED'", 'codes') }}
),

found as (
    select * from bypasses

    union all

    select
        null as control_id,
        'pull_request' as kind,
        repo_full_name || '#' || pr_number as object_key,
        null as entity_key,
        repo_full_name || '#' || pr_number as entity_name,
        owner_key,
        merged_at as occurred_at
    from {{ ref('fct_pull_request') }}
    where is_production_change
        and in_scope
        and ({{ any_shared(lower_texts('labels'), param('labels')) }} or {{ matches_any_pattern('head_ref', param_value('branches') or []) }})
),

declarations as (select * from {{ ref('fct_emergency_declaration') }}),

-- The change reached production when the first of what the reference names did that bypassed something.
declared as (
    select
        declarations.change_ref,
        min(declarations.object_key) is not null as is_matched,
        coalesce(min(case when found.control_id is not null then found.occurred_at end), min(declarations.occurred_at)) as occurred_at,
        min(found.owner_key) as owner_key,
        {{ sorted_set("found.control_id") }} as detected_by,
        {{ sorted_set("found.control_id || ' ' || found.entity_key") }} as bypasses,
        min(declarations.declared_at) as declared_at,
        min(declarations.justification) as justification,
        min(declarations.approver_id) as approver,
        min(case when declarations.is_approved then 1 else 0 end) = 1 as is_approved,
        max(case when declarations.is_approver_unresolved then 1 else 0 end) = 1 as is_approver_unresolved,
        min(declarations.retro_review_at) as retro_review_at,
        min(case when declarations.is_retro_independent then 1 else 0 end) = 1 as is_retro_independent,
        max(case when declarations.is_retro_reviewer_unresolved then 1 else 0 end) = 1 as is_retro_reviewer_unresolved,
        min(declarations.postmortem_at) as postmortem_at,
        min(declarations.postmortem_uri) as postmortem_uri
    from declarations
    left join found on found.kind = declarations.kind and found.object_key = declarations.object_key
    group by declarations.change_ref
),

undeclared as (
    select
        found.object_key,
        min(found.entity_name) as entity_name,
        min(found.owner_key) as owner_key,
        min(found.occurred_at) as occurred_at,
        {{ sorted_set("found.control_id") }} as detected_by,
        {{ sorted_set("found.control_id || ' ' || found.entity_key") }} as bypasses
    from found
    left join declarations on declarations.kind = found.kind and declarations.object_key = found.object_key
    where declarations.change_ref is null
    group by found.kind, found.object_key
),

members as (
    select
        change_ref,
        change_ref as entity_name,
        true as is_declared,
        is_matched,
        occurred_at,
        owner_key,
        detected_by,
        bypasses,
        declared_at,
        justification,
        approver,
        is_approved,
        is_approver_unresolved,
        retro_review_at,
        is_retro_independent,
        is_retro_reviewer_unresolved,
        postmortem_at,
        postmortem_uri
    from declared

    union all

    select
        object_key, entity_name, false, true, occurred_at, owner_key, detected_by, bypasses,
        null, null, null, false, false, null, false, false, null, null
    from undeclared
),

-- Business days are counted on the company's calendar, by its clock.
numbered as ({{ numbered_days(param('calendar')) }}),

business_days as (select day, business_no from numbered where is_business),

dated as (
    select
        members.*,
        {{ list_count('members.detected_by') }} > 0 as has_bypass,
        reviews.day as review_until,
        postmortems.day as postmortem_until,
        {{ local_day(as_of(), 'engagement.time_zone') }} as today,
        {{ local_day('members.retro_review_at', 'engagement.time_zone') }} as reviewed_on,
        {{ local_day('members.postmortem_at', 'engagement.time_zone') }} as postmortem_on,
        {{ plus_hours('members.occurred_at', param('declare_within_hours')) }} as declare_until
    from members
    cross join {{ ref('dim_engagement') }} as engagement
    left join numbered as began on began.day = {{ local_day('members.occurred_at', 'engagement.time_zone') }}
    left join business_days as reviews on reviews.business_no = began.business_no + {{ param('retro_review_business_days') }}
    left join business_days as postmortems on postmortems.business_no = began.business_no + {{ param('postmortem_business_days') }}
),

stated as (
    select
        *,
        coalesce(is_declared and declared_at <= declare_until, false) as is_declared_in_time,
        -- Nothing but the justification is asked of a change that followed the normal process.
        is_declared and has_bypass as is_examined,
        coalesce(reviewed_on <= review_until and is_retro_independent, false) as is_reviewed,
        coalesce(postmortem_on <= postmortem_until, false) as has_postmortem,
        {{ as_of() }} > declare_until as is_declaration_due,
        today > review_until as is_review_due,
        today > postmortem_until as is_postmortem_due
    from dated
),

judged as (
    select
        *,
        {{ codes([
            ('UNDECLARED_EMERGENCY', 'has_bypass and not is_declared_in_time and (is_declared or is_declaration_due)'),
            ('NO_JUSTIFICATION', '(is_declared or not has_bypass) and is_matched and justification is null and is_declaration_due'),
            ('NOT_APPROVED', 'is_examined and not is_approved and is_declaration_due'),
            ('NO_RETRO_REVIEW', 'is_examined and not is_reviewed and (is_review_due or reviewed_on > review_until)'),
            ('NO_POSTMORTEM', 'is_examined and not has_postmortem and (is_postmortem_due or postmortem_on > postmortem_until)'),
        ]) }} as codes,
        not is_matched or (is_examined and (is_approver_unresolved or is_retro_reviewer_unresolved)) as is_unknown,
        (has_bypass and not is_declared)
            or ((is_declared or not has_bypass) and justification is null)
            or (is_examined and not (is_approved and is_reviewed and has_postmortem)) as is_open
    from stated
)

select
    change_ref as entity_key,
    entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', pending='is_open and ' ~ is_empty_list('codes') ~ ' and not is_unknown') }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'UNDECLARED_EMERGENCY'") ~ " then 'It bypassed the normal process (' || " ~ listed('detected_by') ~ " || ') and was ' || case when is_declared then 'declared too late' else 'not declared an emergency' end end",
                "case when " ~ includes('codes', "'NO_JUSTIFICATION'") ~ " then 'No justification is recorded' end",
                "case when " ~ includes('codes', "'NOT_APPROVED'") ~ " then 'Nobody approved it who did not make it' end",
                "case when " ~ includes('codes', "'NO_RETRO_REVIEW'") ~ " then 'No independent review until ' || cast(review_until as varchar) end",
                "case when " ~ includes('codes', "'NO_POSTMORTEM'") ~ " then 'No post-mortem until ' || cast(postmortem_until as varchar) end",
            ]) }} || '.'
        when not is_matched then 'The register declares an emergency, and its reference names no change that is known.'
        when is_unknown then 'The approver or reviewer is nobody known.'
        when is_open then 'It may still be completed.'
        when has_bypass then 'Declared, approved, reviewed and followed by a post-mortem; what it bypassed stays an exception of ' || {{ listed('detected_by') }} || '.'
        else 'It followed the normal process and says why it was urgent.'
    end as reason,
    change_ref,
    is_declared,
    detected_by,
    bypasses,
    occurred_at,
    declared_at,
    justification,
    approver,
    review_until,
    retro_review_at,
    postmortem_until,
    postmortem_at,
    postmortem_uri
from judged
