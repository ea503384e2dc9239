with incidents as ({{ incidents_judged() }}),

-- Days on which the register was read.
extracts as (
    select distinct _day
    from {{ ref('stg_registers__incidents') }}
    where _day <= {{ as_of_day() }}
),

read_before as (
    select incidents.incident_key, max(extracts._day) as last_read_on
    from incidents
    inner join extracts on extracts._day < incidents.phases_written_from
    group by incidents.incident_key
),

stated as (
    select
        incidents.*,
        {{ severity_in('incidents.highest_severity', param_value('all_phases')) }} as wants_all,
        {{ as_of() }} > {{ plus_hours('incidents.resolved_at', param('complete_within_hours')) }} as is_due,
        {{ as_of() }} > {{ plus_days('incidents.resolved_at', param('postmortem_within_days')) }} as is_postmortem_due,
        incidents.resolved_at is not null as is_over,
        coalesce(
            incidents.resolved_at is null and {{ as_of() }} > {{ plus_days('coalesce(incidents.signal_at, incidents.declared_at)', param('close_within_days')) }},
            false
        ) as is_never_closed,
        -- An extract after closure held no phase, the next one held them all.
        coalesce(
            incidents.phases_written_from = incidents.phases_written_to and read_before.last_read_on > cast(incidents.resolved_at as date),
            false
        ) as is_backfilled,
        {{ plus_seconds('incidents.signal_at', '-' ~ param('clock_skew_seconds')) }} as earliest_at
    from incidents
    left join read_before on read_before.incident_key = incidents.incident_key
),

compared as (
    select
        *,
        {{ present([
            "case when detected_at is null then 'detection' end",
            "case when triaged_at is null then 'triage' end",
            "case when wants_all and contained_at is null then 'containment' end",
            "case when wants_all and remediated_at is null and is_over then 'remediation' end",
            "case when recovered_at is null and is_over then 'recovery' end",
            "case when wants_all and postmortem_at is null and is_postmortem_due then 'post-mortem' end",
        ]) }} as missing_phases,
        {{ present([
            "case when triaged_at < earliest_at then 'triage before detection' end",
            "case when contained_at < earliest_at then 'containment before detection' end",
            "case when recovered_at < earliest_at then 'recovery before detection' end",
            "case when postmortem_at < resolved_at then 'post-mortem before resolution' end",
        ]) }} as impossible,
        {{ present([
            "case when contained_at < triaged_at then 'containment before triage' end",
            "case when remediated_at < contained_at then 'remediation before containment' end",
            "case when recovered_at < remediated_at then 'recovery before remediation' end",
        ]) }} as unusual
    from stated
),

judged as (
    select
        *,
        {{ codes([
            ('PHASE_MISSING', '(coalesce(is_due, false) or is_never_closed) and not ' ~ is_empty_list('missing_phases')),
            ('ORDER_IMPOSSIBLE', 'not ' ~ is_empty_list('impossible')),
            ('ORDER_UNUSUAL', 'not ' ~ is_empty_list('unusual')),
            ('BACKFILLED', 'is_backfilled'),
        ]) }} as codes,
        not coalesce(is_due, false) and not is_never_closed as is_open
    from compared
)

select
    incident_key as entity_key,
    coalesce(title, incident_key) as entity_name,
    commander_key as owner_key,
    {{ row_result(unknown='signal_at is null or is_never_closed', pending='is_open and coalesce(signal_at, declared_at, resolved_at) is not null and ' ~ is_empty_list('impossible')) }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'PHASE_MISSING'") ~ " then 'Not recorded: ' || " ~ listed('missing_phases') ~ " end",
                "case when " ~ includes('codes', "'ORDER_IMPOSSIBLE'") ~ " then 'Impossible: ' || " ~ listed('impossible') ~ " end",
                "case when " ~ includes('codes', "'ORDER_UNUSUAL'") ~ " then 'Unusual: ' || " ~ listed('unusual') ~ " end",
                "case when " ~ includes('codes', "'BACKFILLED'") ~ " then 'All written on ' || cast(phases_written_from as varchar) || ', after it was over' end",
            ]) }} || '.'
        when signal_at is null then 'Nothing says when it began: no order can be judged.'
        when is_never_closed then 'It is open for more than {{ param('close_within_days') }} days: it goes on, or nobody wrote down that it is over.'
        when is_open then 'It is not over, or only just.'
        else 'Its phases are recorded, one after another.'
    end as reason,
    incident_key as incident_id,
    highest_severity as severity,
    detected_at,
    triaged_at,
    contained_at,
    remediated_at,
    recovered_at,
    resolved_at,
    postmortem_at,
    phases_written_from as written_on
from judged
