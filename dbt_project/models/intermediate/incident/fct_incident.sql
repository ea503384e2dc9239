-- One incident: what it was, who led it, how grave it became and when each phase of it was.
with incidents as (select * from {{ ref('int_incidents_merged') }}),

intervals as (select * from {{ ref('fct_incident_severity_interval') }}),

timeline as (select * from {{ ref('fct_incident_phase') }}),

severities as (
    select
        incident_key,
        min(severity) as highest_severity,
        count(*) as severity_changes,
        min(first_response_at) as first_response_at
    from intervals
    group by incident_key
),

current_severities as (
    select incident_key, severity, responder
    from intervals
    where ended_at is null
),

first_severities as (
    select incident_key, deadline_at
    from intervals
    where interval_no = 1
),

-- Triage is a person's word: a change at the paging system, or the register's entry.
triaged as (
    select incident_key, min(happened_at) as severity_set_at, min_by(set_by, happened_at) as severity_set_by
    from (
        select incident_key, began_at as happened_at, set_by from intervals where is_set_by_person and not is_reopened
        union all
        select incident_key, happened_at, by_ref from timeline where kind = 'severity' and by_key is not null
    ) as said
    group by incident_key
),

-- What stands for no severity: priorities without a line in the map, and slips of the register.
unmapped as (
    select
        incidents.incident_key,
        {{ sorted_set('item.name') }} as unmapped_priorities
    from incidents
    cross join {{ each_item('incidents.priorities') }} as item(name)
    left join ({{ newest(ref('stg_registers__priority_map')) }}) as names on names.name = item.name
    where names.name is null and not {{ is_severity('upper(trim(item.name))') }}
    group by incidents.incident_key
),

phases as (
    select
        incident_key,
        min(case when kind = 'triage' then happened_at end) as triaged_at,
        min(case when kind = 'containment' then happened_at end) as contained_at,
        min(case when kind = 'remediation' then happened_at end) as remediated_at,
        max(case when kind = 'recovery' then happened_at end) as recovered_at,
        -- A check by nobody, or of nothing that is told, is none.
        min(case when kind = 'verification' and by_key is not null and note is not null then happened_at end) as verified_at,
        min_by(by_ref, happened_at) filter (where kind = 'verification' and by_key is not null and note is not null) as verified_by,
        {{ sorted_set("case when kind = 'severity' and not " ~ is_severity('upper(value)') ~ " then coalesce(value, 'blank') end") }} as invalid_severities,
        {{ sorted_set("case when kind = 'fact' then lower(value) end") }} as facts,
        min(case when kind in ('triage', 'containment', 'remediation', 'recovery') then written_on end) as phases_written_from,
        max(case when kind in ('triage', 'containment', 'remediation', 'recovery') then written_on end) as phases_written_to
    from timeline
    group by incident_key
),

postmortems as ({{ newest(ref('stg_registers__postmortems')) }}),

-- Employed at the time, with a day's grace for the zone of the place of work.
employed as (
    select distinct incidents.incident_key
    from incidents
    inner join {{ ref('dim_employment_spell') }} as spells
        on spells.person_key = incidents.commander_key
        and spells.start_effective_at <= coalesce(incidents.declared_at, incidents.signal_at)
        and (spells.end_effective_at is null or spells.end_effective_at > coalesce(incidents.declared_at, incidents.signal_at))
)

select
    incidents.incident_key,
    incidents.title,
    incidents.is_registered,
    incidents.page_ids,
    incidents.missing_pages,
    incidents.source,
    incidents.detected_at,
    incidents.declared_at,
    incidents.first_paged_at,
    incidents.signal_at,
    incidents.resolved_at,
    incidents.commander_id,
    incidents.commander_key,
    employed.incident_key is not null as is_commander_employed,
    incidents.alarms,
    incidents.excluded_as,
    incidents.excluded_by_key,
    incidents.is_excluded,
    incidents.is_in_window,
    current_severities.severity,
    severities.highest_severity,
    coalesce(severities.severity_changes, 0) as severity_changes,
    coalesce(unmapped.unmapped_priorities, {{ empty_list() }}) as unmapped_priorities,
    coalesce(phases.invalid_severities, {{ empty_list() }}) as invalid_severities,
    triaged.severity_set_at,
    triaged.severity_set_by,
    first_severities.deadline_at as triage_due_at,
    severities.first_response_at,
    current_severities.responder,
    coalesce(phases.facts, {{ empty_list() }}) as facts,
    phases.triaged_at,
    phases.contained_at,
    phases.remediated_at,
    phases.recovered_at,
    phases.verified_at,
    phases.verified_by,
    postmortems.published_at as postmortem_at,
    phases.phases_written_from,
    phases.phases_written_to
from incidents
left join severities on severities.incident_key = incidents.incident_key
left join current_severities on current_severities.incident_key = incidents.incident_key
left join first_severities on first_severities.incident_key = incidents.incident_key
left join triaged on triaged.incident_key = incidents.incident_key
left join unmapped on unmapped.incident_key = incidents.incident_key
left join phases on phases.incident_key = incidents.incident_key
left join postmortems on postmortems.incident_id = incidents.incident_key
left join employed on employed.incident_key = incidents.incident_key
