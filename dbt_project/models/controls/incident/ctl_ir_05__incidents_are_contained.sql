with incidents as (
    select *
    from ({{ incidents_judged() }}) as judged
    where {{ severity_in('highest_severity', param_value('severities')) }} or {{ any_shared('facts', param('facts')) }}
),

-- A link into a chat preserves nothing; without anything isolated, a reason must be told.
entries as (
    select
        incident_key,
        happened_at,
        value as isolated_systems,
        note,
        case when not {{ matches_any_pattern('lower(evidence_uri)', param_value('chat_addresses') or []) }} then evidence_uri end as evidence_uri
    from {{ ref('fct_incident_phase') }}
    where kind = 'containment' and (value is not null or note is not null)
    qualify row_number() over (partition by incident_key order by happened_at, entry_id) = 1
),

stated as (
    select
        incidents.*,
        entries.incident_key is not null as has_entry,
        entries.happened_at as entry_at,
        entries.isolated_systems,
        entries.evidence_uri,
        entries.note,
        coalesce(incidents.signal_at, incidents.declared_at) as begun_at,
        -- Whether it is over or not, what was isolated is known by then.
        coalesce({{ as_of() }} > {{ plus_hours('incidents.resolved_at', param('complete_within_hours')) }}, false)
            or coalesce({{ as_of() }} > {{ plus_days('coalesce(incidents.signal_at, incidents.declared_at)', param('contain_within_days')) }}, false) as is_due
    from incidents
    left join entries on entries.incident_key = incidents.incident_key
),

judged as (
    select
        *,
        {{ codes([
            ('NO_CONTAINMENT', 'not has_entry and is_due'),
            ('NO_EVIDENCE_PRESERVED', 'has_entry and evidence_uri is null and note is null'),
            ('CONTAINMENT_BEFORE_DETECTION', 'entry_at < ' ~ plus_seconds('signal_at', '-' ~ param('clock_skew_seconds'))),
        ]) }} as codes
    from stated
)

select
    incident_key as entity_key,
    coalesce(title, incident_key) as entity_name,
    commander_key as owner_key,
    {{ row_result(
        unknown='has_entry and entry_at is null or not has_entry and not is_due',
        pending='not has_entry and not is_due and coalesce(resolved_at, begun_at) is not null',
    ) }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'NO_CONTAINMENT'") ~ " then 'Nothing says what was isolated, or why nothing was' end",
                "case when " ~ includes('codes', "'NO_EVIDENCE_PRESERVED'") ~ " then 'No evidence was preserved where it is safe, and no reason is told' end",
                "case when " ~ includes('codes', "'CONTAINMENT_BEFORE_DETECTION'") ~ " then 'Contained before it was detected' end",
            ]) }} || '.'
        when not has_entry and coalesce(resolved_at, begun_at) is null then 'Nothing says when it began or ended: no deadline can be told.'
        when not has_entry then 'It may still be recorded.'
        when entry_at is null then 'Nothing says when it was contained.'
        else 'Contained at ' || {{ instant_text('entry_at') }} || '.'
    end as reason,
    incident_key as incident_id,
    entry_at as contained_at,
    isolated_systems,
    evidence_uri
from judged
