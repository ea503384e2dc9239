with lines as (
    select *, decision is not null and decided_at is not null as is_decided
    from {{ ref('fct_access_review_line') }}
    where line_no is not null
),

held as (
    select source_id, account_id, permissions
    from {{ ref('int_account_permissions') }}
),

{#- A membership that could not be listed may be the one that was to go. #}
unread as (
    select 'okta' as source_id, count(*) > 0 as is_unread
    from {{ ref('stg_okta__group_members') }}
    where _day = {{ as_of_day() }} and error_code is not null
),

requests as (
    select requests.entitlement, requests.requested_at, requests.approved_at, requests.expires_at, refs.person_key
    from ({{ newest(ref('stg_registers__access_requests')) }}) as requests
    inner join {{ ref('int_person_refs') }} as refs on refs.ref = requests.person_id
    where requests.approver_id is not null and requests.approved_at is not null
),

asked_again as (
    select distinct lines.review_id, lines.line_no
    from lines
    inner join {{ ref('int_review_removals') }} as removals
        on removals.review_id = lines.review_id and removals.line_no = lines.line_no
    inner join requests
        on requests.person_key = lines.person_key
        and (requests.entitlement = lines.system_id or requests.entitlement like lines.system_id || ':%')
        and requests.requested_at > lines.decided_at
        and requests.approved_at <= removals.reappeared_at
        and (requests.expires_at is null or requests.expires_at > removals.reappeared_at)
),

facts as (
    select
        lines.*,
        {{ review_deadline('lines.decided_at', param_value('execute_business_days') or 5, param_value('review_tz') or 'UTC') }} as deadline_at,
        removals.executed_at,
        removals.is_exact,
        removals.not_before,
        removals.reappeared_at,
        removals.is_enabled_now,
        asked_again.review_id is not null as is_asked_again,
        {{ items_shared(compact('lines.removed_permissions'), "coalesce(held.permissions, " ~ empty_list() ~ ")") }} as still_held,
        coalesce(unread.is_unread, false) as is_unread
    from lines
    left join {{ ref('int_review_removals') }} as removals
        on removals.review_id = lines.review_id and removals.line_no = lines.line_no
    left join held on held.source_id = lines.source_id and held.account_id = lines.account_id
    left join asked_again on asked_again.review_id = lines.review_id and asked_again.line_no = lines.line_no
    left join unread on unread.source_id = lines.source_id
),

states as (
    select
        *,
        {{ as_of() }} >= deadline_at as is_past_deadline,
        {{ as_of() }} >= due_end_at as is_past_due,
        is_decided and decision = 'revoke' as is_revoked,
        is_decided and decision = 'modify' as is_modified
    from facts
),

line_rows as (
    select
        review_id || '|' || line_no || '|' || source_id || '|' || account_id as entity_key,
        coalesce(login, name, account_id) as entity_name,
        owner_key,
        not is_decided and is_past_due as has_no_decision,
        is_past_deadline and (
            (is_revoked and executed_at is null and is_enabled_now) or (is_modified and not {{ is_empty_list('still_held') }})
        ) as is_not_executed,
        {#- Between two listings only the earliest possible moment proves that it was too late. #}
        coalesce(is_revoked and case when is_exact then executed_at else not_before end >= deadline_at and executed_at is not null, false) as is_late,
        coalesce(
            is_revoked and not is_asked_again
            and reappeared_at <= {{ plus_days('executed_at', param('reappear_days')) }},
            false
        ) as has_reappeared,
        is_decided and decision = 'confirm' and (status = 'review-needed' or action_required = 'revoke')
            and coalesce(reason, '') = '' as is_unreasoned,
        false as is_rubber_stamp,
        (is_decided and (decided_by is null or decider_key is null))
        or (is_revoked and executed_at is null and is_enabled_now is null and is_past_deadline)
        or coalesce(is_revoked and not is_exact and not_before < deadline_at and executed_at >= deadline_at, false)
        or (is_modified and ({{ is_empty_list(compact('removed_permissions')) }} or is_unread)) as is_unknown,
        (not is_decided and not is_past_due)
        or (is_revoked and executed_at is null and not is_past_deadline)
        or (is_modified and not {{ is_empty_list('still_held') }} and not is_past_deadline) as is_pending,
        review_id,
        line_no,
        account_id,
        action_required,
        decision,
        decided_by,
        decided_at,
        deadline_at,
        executed_at,
        reappeared_at,
        cast(null as double) as seconds_a_line
    from states
),

pace as (
    select
        reviews.review_id,
        reviews.review_period || ', ' || reviews.system_id as entity_name,
        reviews.reviewer_key,
        reviews.completed_at is null and {{ as_of() }} < reviews.due_end_at as is_open,
        count(lines.line_no) as lines,
        count(case when lines.is_decided then 1 end) as decided,
        {{ seconds_between('min(coalesce(lines.begun_at, lines.decided_at))', 'max(lines.decided_at)') }} as seconds
    from {{ ref('fct_access_review') }} as reviews
    left join lines on lines.review_id = reviews.review_id
    where reviews.review_id is not null
    group by reviews.review_id, reviews.review_period, reviews.system_id, reviews.reviewer_key, reviews.completed_at, reviews.due_end_at
),

population as (
    select * from line_rows

    union all

    select
        review_id,
        entity_name,
        reviewer_key,
        false, false, false, false, false,
        lines = decided and lines >= {{ param('rubber_stamp_min_lines') }} and seconds <= {{ param('rubber_stamp_seconds') }} * lines,
        lines = 0,
        is_open,
        review_id,
        null, null, null, null, null, null, null, null, null,
        case when decided > 0 then cast(seconds as double) / decided end
    from pace
),

judged as (
    select
        *,
        {{ codes([
            ('NO_DECISION', 'has_no_decision'),
            ('REVOKE_NOT_EXECUTED', 'is_not_executed'),
            ('REVOKE_LATE', 'is_late'),
            ('REAPPEARED', 'has_reappeared'),
            ('OVERRIDE_WITHOUT_REASON', 'is_unreasoned'),
            ('RUBBER_STAMP', 'is_rubber_stamp'),
        ]) }} as codes
    from population
)

select
    entity_key,
    entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', pending='is_pending') }} as result,
    codes,
    case
        when is_pending and line_no is null then 'The review is under way.'
        when is_pending and decision is null then 'Not decided yet.'
        when is_pending then 'To be carried out before ' || cast(deadline_at as varchar) || ' UTC.'
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'NO_DECISION'") ~ " then 'No decision, and the review is over' end",
                "case when " ~ includes('codes', "'REVOKE_NOT_EXECUTED'") ~ " then 'What was to be taken away is still there; the deadline was ' || cast(deadline_at as varchar) || ' UTC' end",
                "case when " ~ includes('codes', "'REVOKE_LATE'") ~ " then 'Taken away at ' || cast(executed_at as varchar) || ' UTC, after the deadline of ' || cast(deadline_at as varchar) || ' UTC' end",
                "case when " ~ includes('codes', "'REAPPEARED'") ~ " then 'There again at ' || cast(reappeared_at as varchar) || ' UTC without a new request' end",
                "case when " ~ includes('codes', "'OVERRIDE_WITHOUT_REASON'") ~ " then 'Confirmed without a reason, though the line proposed to look closer' end",
                "case when " ~ includes('codes', "'RUBBER_STAMP'") ~ " then 'All lines were decided in ' || cast(cast(round(seconds_a_line, 1) as decimal(9, 1)) as varchar) || ' seconds each' end",
            ]) }} || '.'
        when is_unknown and line_no is null then 'The register has no lines of this review: what was decided cannot be seen.'
        when is_unknown and decision = 'modify' then 'Which permissions were to go, or whether they are gone, is not known.'
        when is_unknown and (decided_by is null or decision <> 'revoke') then 'Who decided is nobody whom HR or a contract knows.'
        when is_unknown then 'Whether or when it was taken away, or who decided, is not known.'
        when line_no is null then 'Decided line by line.'
        when decision = 'revoke' then 'Taken away at ' || cast(executed_at as varchar) || ' UTC.'
        when decision = 'modify' then 'The permissions are gone.'
        else 'Confirmed.'
    end as reason,
    review_id,
    line_no,
    account_id,
    action_required,
    decision,
    decided_by,
    decided_at,
    deadline_at,
    executed_at,
    reappeared_at,
    seconds_a_line,
    case when {{ joined('codes') }} = 'RUBBER_STAMP' then 'low' else 'high' end as severity
from judged
