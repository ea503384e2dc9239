with incidents as ({{ incidents_judged() }}),

stated as (
    select
        *,
        -- Without a severity nothing says how fast it had to be.
        {{ as_of() }} > coalesce(triage_due_at, {{ plus_hours('signal_at', param('assign_within_hours')) }}) as is_due,
        severity_set_at is null or commander_id is null as is_open
    from incidents
),

judged as (
    select
        *,
        {{ codes([
            ('NO_SEVERITY', "highest_severity is null and " ~ is_empty_list('invalid_severities') ~ " and " ~ is_empty_list('unmapped_priorities') ~ " and is_due"),
            ('INVALID_SEVERITY', 'not ' ~ is_empty_list('invalid_severities')),
            ('NO_COMMANDER', 'commander_id is null and is_due'),
            ('TRIAGE_LATE', 'severity_set_at > triage_due_at or (highest_severity is not null and severity_set_at is null and is_due)'),
            ('COMMANDER_NOT_PERSON', 'commander_id is not null and (commander_key is null or not is_commander_employed)'),
        ]) }} as codes
    from stated
)

select
    incident_key as entity_key,
    coalesce(title, incident_key) as entity_name,
    commander_key as owner_key,
    {{ row_result(
        unknown='not ' ~ is_empty_list('unmapped_priorities') ~ ' or is_due is null',
        pending='is_open and not is_due and ' ~ is_empty_list('codes')
    ) }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'NO_SEVERITY'") ~ " then 'No severity was ever assigned' end",
                "case when " ~ includes('codes', "'INVALID_SEVERITY'") ~ " then 'No severity: ' || " ~ listed('invalid_severities') ~ " end",
                "case when " ~ includes('codes', "'NO_COMMANDER'") ~ " then 'No commander' end",
                "case when " ~ includes('codes', "'COMMANDER_NOT_PERSON'") ~ " then 'The commander is nobody who worked here then' end",
                "case when " ~ includes('codes', "'TRIAGE_LATE'") ~ " then case when severity_set_at is null then 'No person set its severity' else 'A person set its severity too late' end end",
            ]) }} || '.'
        when not {{ is_empty_list('unmapped_priorities') }} then 'No severity is known for the priority ' || {{ listed('unmapped_priorities') }} || '.'
        when is_due is null then 'It has no time, so nothing says when it had to be triaged.'
        when is_open then 'It may still be triaged.'
        else highest_severity || ', led by a person.'
    end as reason,
    incident_key as incident_id,
    highest_severity as severity,
    severity_set_at,
    severity_set_by,
    triage_due_at,
    commander_id as commander
from judged
