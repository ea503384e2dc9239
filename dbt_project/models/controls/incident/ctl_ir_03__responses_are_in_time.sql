with incidents as ({{ incidents_judged() }}),

members as (
    select
        incidents.incident_key,
        incidents.title,
        incidents.commander_key,
        incidents.signal_at,
        coalesce(intervals.interval_no, 0) as interval_no,
        intervals.severity,
        intervals.began_at,
        intervals.deadline_at,
        intervals.first_response_at,
        intervals.responder,
        -- Lowered in time, the interval is over before it had to be answered; what counts is the next.
        coalesce(intervals.severity_after > intervals.severity and intervals.ended_at <= intervals.deadline_at, false) as is_let_off,
        coalesce(intervals.severity_after > intervals.severity and intervals.ended_at > intervals.deadline_at, false)
            and coalesce(intervals.first_response_at > intervals.ended_at, true) as is_lowered_late
    from incidents
    left join {{ ref('fct_incident_severity_interval') }} as intervals on intervals.incident_key = incidents.incident_key
),

stated as (
    select
        *,
        coalesce(first_response_at > deadline_at and first_response_at > began_at, false) and not is_let_off as is_late,
        first_response_at is null and not is_let_off and deadline_at is not null as is_unanswered
    from members
),

judged as (
    select
        *,
        {{ codes([
            ('RESPONSE_LATE', 'is_late'),
            ('NO_RESPONSE', 'is_unanswered and ' ~ as_of() ~ ' > deadline_at'),
            ('DOWNGRADE_AFTER_BREACH', 'is_lowered_late and (is_late or is_unanswered)'),
        ]) }} as codes
    from stated
)

select
    incident_key || '|' || cast(interval_no as varchar) as entity_key,
    coalesce(title, incident_key) || coalesce(' (' || severity || ')', '') as entity_name,
    commander_key as owner_key,
    {{ row_result(
        unknown='deadline_at is null or first_response_at < signal_at',
        pending='is_unanswered and ' ~ as_of() ~ ' <= deadline_at'
    ) }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then case
                when is_late then 'First response at ' || {{ instant_text('first_response_at') }} || ', due at '
                else 'No response, due at '
            end || {{ instant_text('deadline_at') }} || case when is_lowered_late and (is_late or is_unanswered) then '; the severity was lowered after that' else '' end || '.'
        when deadline_at is null then 'It has no severity, or no time: nothing says when a response was due.'
        when first_response_at < signal_at then 'The response is older than the first signal.'
        when is_let_off and coalesce(first_response_at > deadline_at, true) then 'The severity was lowered before a response was due.'
        when is_unanswered then 'A response is due at ' || {{ instant_text('deadline_at') }} || '.'
        when first_response_at <= began_at then 'Somebody was at work when this severity began.'
        else 'Answered in time.'
    end as reason,
    incident_key as incident_id,
    severity,
    began_at as interval_start,
    signal_at as detected_at,
    deadline_at,
    first_response_at,
    responder,
    {{ hours_between(newest_of(['signal_at', 'began_at']), 'first_response_at') }} * 60 as minutes
from judged
