{%- set max_seconds = param_value('max_duration_minutes') * 60 if execute else 0 -%}
{%- set review_days = param_value('review_business_days') if execute else 1 -%}

with holders as ({{ holders_of('access:break-glass') }}),

sessions as (
    select
        *,
        coalesce({{ oldest_of(['first_use_at', 'registered_started_at']) }}, first_use_at, registered_started_at) as started_at,
        case when register_ref is null then last_use_at else {{ newest_of(['registered_ended_at', 'last_use_at']) }} end as ended_at,
        register_ref is not null as is_registered,
        source_id is not null as is_logged,
        source_id in ('aws_iam', 'okta', 'aws_root') as is_static,
        register_ref is not null and registered_ended_at is null as has_no_end
    from {{ ref('fct_break_glass_session') }}
),

timed as (
    select
        *,
        {{ plus_hours('started_at', param('retro_justification_hours')) }} as justify_by,
        case when is_registered and not has_no_end then {{ business_days_end('ended_at', review_days) }} end as review_by,
        {{ seconds_between('started_at', 'case when has_no_end then ' ~ as_of() ~ ' else ended_at end') }} as duration_seconds,
        coalesce(length(trim(justification)) >= {{ param('min_justification_chars') }}, false) as is_explained
    from sessions
),

entitled as (
    select distinct timed.session_id
    from timed
    inner join holders
        on holders.person_key = timed.person_key
        and holders.valid_from <= timed.started_at
        and (holders.valid_to is null or holders.valid_to > timed.started_at)
),

weighed as (
    select
        timed.*,
        entitled.session_id is not null as is_entitled,
        coalesce(timed.review_by <= {{ as_of() }}, false) as is_review_due,
        timed.approver_key is not null and timed.approver_key = timed.person_key
            or (timed.approved_by is not null and timed.approved_by = timed.person_id) as is_self_approved,
        timed.reviewer_key is not null and timed.reviewer_key = timed.person_key
            or (timed.reviewed_by is not null and timed.reviewed_by = timed.person_id) as is_self_reviewed,
        case
            when timed.is_registered and timed.registered_started_at is null then 'the register does not say when the session began'
            when timed.is_explained and timed.requested_at is null then 'the register does not say when it was justified'
            when timed.approved_by is not null and timed.approver_key is null then 'the approver ' || timed.approved_by || ' is nobody known'
            when timed.reviewed_at is not null and timed.reviewer_key is null
                then 'the reviewer ' || coalesce(timed.reviewed_by, 'without a name') || ' is nobody known'
        end as unknown_reason
    from timed
    left join entitled on entitled.session_id = timed.session_id
),

judged as (
    select
        *,
        {{ codes([
            ('UNJUSTIFIED', "(not is_registered or not is_explained or person_key is null) and " ~ as_of() ~ " > justify_by"),
            ('LATE_JUSTIFICATION', 'is_explained and requested_at > justify_by'),
            ('SELF_APPROVED', 'is_registered and is_self_approved'),
            ('NOT_APPROVED', 'is_registered and approved_by is null and ' ~ as_of() ~ ' > justify_by'),
            ('OVER_DURATION', 'duration_seconds > ' ~ max_seconds),
            ('NOT_REVIEWED', 'is_registered and (is_self_reviewed or coalesce(reviewed_at >= review_by, false) or (reviewed_at is null and is_review_due))'),
            ('UNLOGGED', 'not is_logged and not has_no_end'),
            ('NOT_ENTITLED', 'is_registered and person_key is not null and not is_entitled'),
            ('CREDENTIAL_NOT_ROTATED', "is_registered and is_static and (reviewed_at is not null or is_review_due) and (credential_rotated_at is null or credential_rotated_at < ended_at or coalesce(credential_rotated_at > reviewed_at, false))"),
        ]) }} as codes
    from weighed
),

resulted as (
    select
        *,
        {{ is_empty_list('codes') }}
            and unknown_reason is null
            and (
                (not is_registered or not is_explained or person_key is null or approved_by is null)
                or has_no_end
                or (reviewed_at is null and not is_review_due)
            ) as is_pending
    from judged
)

select
    session_id as entity_key,
    coalesce(session_name, identity, session_id) || coalesce(' from ' || {{ instant_text('started_at') }}, '') as entity_name,
    person_key as owner_key,
    {{ row_result(unknown='unknown_reason is not null', pending='is_pending') }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'UNJUSTIFIED'") ~ " then case when not is_registered then 'No row of the register explains the session' when person_key is null then 'The register names nobody who is known' else 'The justification is missing or too short' end end",
                "case when " ~ includes('codes', "'LATE_JUSTIFICATION'") ~ " then 'It was justified on ' || " ~ instant_text('requested_at') ~ " || ', later than allowed' end",
                "case when " ~ includes('codes', "'SELF_APPROVED'") ~ " then 'The person approved the session alone' end",
                "case when " ~ includes('codes', "'NOT_APPROVED'") ~ " then 'Nobody approved it' end",
                "case when " ~ includes('codes', "'OVER_DURATION'") ~ " then 'It lasted ' || cast(cast(floor(duration_seconds / 60) as bigint) as varchar) || ' minutes, more than " ~ param('max_duration_minutes') ~ "' end",
                "case when " ~ includes('codes', "'NOT_REVIEWED'") ~ " then case when is_self_reviewed then 'The person reviewed the session alone' else 'It was not reviewed within " ~ param('review_business_days') ~ " working days' end end",
                "case when " ~ includes('codes', "'UNLOGGED'") ~ " then 'No log tells of it: a gap of the log, a wrong row, or a session that changed nothing' end",
                "case when " ~ includes('codes', "'NOT_ENTITLED'") ~ " then 'No role of the person includes access:break-glass' end",
                "case when " ~ includes('codes', "'CREDENTIAL_NOT_ROTATED'") ~ " then 'The password was not renewed between the session and its review' end",
            ]) }} || '.'
        when unknown_reason is not null then 'Cannot be judged: ' || unknown_reason || '.'
        when is_pending and has_no_end then 'The session is open.'
        when is_pending then 'Its justification, approval or review is not due yet.'
        else 'Justified, approved by somebody else, ended in time, logged and reviewed' || case when is_drill then ' (drill)' else '' end || '.'
    end as reason,
    session_id,
    person_key,
    identity,
    started_at,
    ended_at,
    justification,
    incident_id,
    is_drill,
    approver_key as approver,
    reviewed_at,
    event_ids
from resulted
