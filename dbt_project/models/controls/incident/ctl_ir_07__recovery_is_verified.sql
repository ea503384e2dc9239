with incidents as (
    select *
    from ({{ incidents_judged() }}) as judged
    where {{ severity_in('highest_severity', param_value('severities')) }} and resolved_at is not null
),

changes as (
    select distinct alarm_name, changed_at, state
    from {{ ref('stg_aws_availability__alarm_history') }}
    where alarm_name is not null and _day <= {{ as_of_day() }}
),

-- What each alarm showed when the incident was called resolved.
alarms as (
    select
        incidents.incident_key,
        item.alarm_name,
        max_by(changes.state, changes.changed_at) filter (where changes.changed_at <= incidents.resolved_at) as state,
        min(changes.changed_at) filter (where changes.changed_at > incidents.resolved_at and changes.state = 'OK') as ok_at,
        count(changes.changed_at) as changes
    from incidents
    cross join {{ each_item('incidents.alarms') }} as item(alarm_name)
    left join changes on changes.alarm_name = item.alarm_name
    where item.alarm_name <> ''
    group by incidents.incident_key, item.alarm_name
),

alarmed as (
    select
        incident_key,
        {{ sorted_set("case when state = 'ALARM' then alarm_name end") }} as alarms_on,
        {{ sorted_set("case when changes = 0 then alarm_name end") }} as alarms_unknown
    from alarms
    group by incident_key
),

stated as (
    select
        incidents.*,
        coalesce(alarmed.alarms_on, {{ empty_list() }}) as alarms_on,
        coalesce(alarmed.alarms_unknown, {{ empty_list() }}) as alarms_unknown,
        {{ severity_in('incidents.highest_severity', param_value('verification_required')) }} as wants_verification,
        {{ as_of() }} > {{ plus_hours('incidents.resolved_at', param('complete_within_hours')) }} as is_due
    from incidents
    left join alarmed on alarmed.incident_key = incidents.incident_key
),

judged as (
    select
        *,
        {{ codes([
            ('NO_RECOVERY', 'recovered_at is null and is_due'),
            ('NOT_VERIFIED', 'wants_verification and verified_at is null and is_due'),
            ('RESOLVED_WHILE_ALARM', 'not ' ~ is_empty_list('alarms_on')),
        ]) }} as codes,
        recovered_at is null or (wants_verification and verified_at is null) as is_open
    from stated
)

select
    incident_key as entity_key,
    coalesce(title, incident_key) as entity_name,
    commander_key as owner_key,
    {{ row_result(unknown='not ' ~ is_empty_list('alarms_unknown'), pending='is_open and ' ~ is_empty_list('codes')) }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'NO_RECOVERY'") ~ " then 'Nothing says when service was restored' end",
                "case when " ~ includes('codes', "'NOT_VERIFIED'") ~ " then 'Nobody checked that the fix works' end",
                "case when " ~ includes('codes', "'RESOLVED_WHILE_ALARM'") ~ " then 'Called resolved while an alarm was on: ' || " ~ listed('alarms_on') ~ " end",
            ]) }} || '.'
        when not {{ is_empty_list('alarms_unknown') }} then 'The monitoring knows no change of ' || {{ listed('alarms_unknown') }} || '.'
        when is_open then 'It may still be recorded.'
        else 'Restored' || case when verified_at is not null then ', and checked by ' || verified_by else '' end || '.'
    end as reason,
    incident_key as incident_id,
    recovered_at as restored_at,
    resolved_at,
    verified_at,
    verified_by,
    alarms_on
from judged
