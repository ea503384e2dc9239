with actions as (
    select actions.*
    from ({{ newest(ref('stg_registers__incident_actions')) }}) as actions
    where not exists (
        select 1
        from ({{ newest(ref('stg_registers__ir_exercises')) }}) as exercises
        where exercises.exercise_id = actions.origin_id
    )
),

-- Every due date that the register ever showed.
plans as (
    select origin_id, action_id, min(due_on) as first_due_on, count(distinct due_on) - 1 as replans
    from {{ ref('stg_registers__incident_actions') }}
    where _day <= {{ as_of_day() }} and due_on is not null
    group by origin_id, action_id
),

tickets as ({{ newest(ref('stg_tickets__tickets')) }}),

accepted as (
    select exception_id, min(decided_at) as decided_at
    from ({{ newest(ref('stg_registers__exception_decisions')) }}) as decisions
    where decision = 'accepted' and (expires_at is null or cast(expires_at as date) > {{ as_of_day() }})
    group by exception_id
),

stated as (
    select
        actions.*,
        owners.person_key as owner_key,
        coalesce(plans.replans, 0) as replans,
        -- A date that was moved without approval is still the one promised.
        case when plans.replans > 0 and approvers.person_key is null then plans.first_due_on else actions.due_on end as due_effective_on,
        nullif(trim(actions.ticket_id), '') is not null as has_ticket,
        tickets.ticket_id as found_ticket_id,
        tickets.status as ticket_status,
        tickets.closed_at as ticket_closed_at,
        coalesce({{ item_in('lower(tickets.resolution)', param('not_done')) }}, false) and accepted.exception_id is null as is_dropped
    from actions
    left join plans on plans.origin_id = actions.origin_id and plans.action_id = actions.action_id
    left join tickets on tickets.ticket_id = actions.ticket_id
    left join accepted on accepted.exception_id = actions.risk_acceptance
    left join {{ ref('int_person_refs') }} as owners on owners.ref = actions.owner_id
    left join {{ ref('int_person_refs') }} as approvers on approvers.ref = actions.replan_approved_by
),

judged as (
    select
        *,
        {{ codes([
            ('ACTION_OVERDUE', 'coalesce(closed_on, ' ~ as_of_day() ~ ') > due_effective_on'),
            ('REPLANNED_TOO_OFTEN', 'replans > ' ~ param('max_replans')),
            ('TICKET_MISMATCH', 'closed_on is not null and found_ticket_id is not null and (ticket_closed_at is null or is_dropped)'),
        ]) }} as codes
    from stated
)

select
    origin_id || '|' || action_id as entity_key,
    coalesce(action, action_id) as entity_name,
    owner_key,
    {{ row_result(
        unknown='due_effective_on is null or (closed_on is not null and has_ticket and found_ticket_id is null)',
        pending='closed_on is null and due_effective_on >= ' ~ as_of_day() ~ ' and ' ~ is_empty_list('codes')
    ) }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'ACTION_OVERDUE'") ~ " then 'Due on ' || cast(due_effective_on as varchar) || ', ' || coalesce('done on ' || cast(closed_on as varchar), 'not done') end",
                "case when " ~ includes('codes', "'REPLANNED_TOO_OFTEN'") ~ " then 'Its due date was moved ' || cast(replans as varchar) || ' times' end",
                "case when " ~ includes('codes', "'TICKET_MISMATCH'") ~ " then 'Called done, and the ticket ' || ticket_id || case when is_dropped then ' was dropped without an accepted risk' else ' is open' end end",
            ]) }} || '.'
        when due_effective_on is null then 'Nothing says until when it is due.'
        when closed_on is null then 'It is due on ' || cast(due_effective_on as varchar) || '.'
        when has_ticket and found_ticket_id is null then 'The tracker has no ticket ' || ticket_id || '.'
        else 'Done on ' || cast(closed_on as varchar) || '.'
    end as reason,
    origin_id as incident_id,
    action_id,
    owner_id as owner,
    due_effective_on as due_on,
    closed_on,
    replans,
    ticket_id,
    ticket_status
from judged
