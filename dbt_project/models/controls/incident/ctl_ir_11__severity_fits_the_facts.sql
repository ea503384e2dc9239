with incidents as ({{ incidents_judged() }}),

intervals as (select * from {{ ref('fct_incident_severity_interval') }}),

floors as (
    {%- for fact, severity in (param_value('floor') or {}).items() %}
    select '{{ fact }}' as fact, '{{ severity }}' as floor
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- A fact asks for its severity from when it was known; raised once in time, it counts for good.
facts as (
    select
        timeline.incident_key,
        lower(timeline.value) as fact,
        floors.floor,
        {{ plus_hours('timeline.happened_at', param('raise_within_hours')) }} as raise_until,
        min(intervals.began_at) as reached_at
    from {{ ref('fct_incident_phase') }} as timeline
    left join floors on floors.fact = lower(timeline.value)
    left join intervals on intervals.incident_key = timeline.incident_key and intervals.severity <= floors.floor
    where timeline.kind = 'fact'
    group by timeline.incident_key, timeline.entry_id, timeline.value, timeline.happened_at, floors.floor
),

weighed as (
    select
        incident_key,
        min(floor) as floor,
        {{ sorted_set('fact') }} as facts,
        {{ sorted_set("case when floor is null then coalesce(fact, 'blank') end") }} as facts_unknown,
        {{ sorted_set("case when floor is not null and (reached_at > raise_until or (reached_at is null and " ~ as_of() ~ " > raise_until)) then fact end") }} as facts_above,
        max(case when floor is not null and reached_at is null and {{ as_of() }} <= raise_until then 1 else 0 end) = 1 as is_waiting
    from facts
    group by incident_key
),

changed as (
    select
        incident_key,
        count(*) as changes,
        sum(case when set_by is null or reason is null then 1 else 0 end) as unexplained,
        {{ joined(ordered_list("severity_before || ' to ' || severity || ' by ' || coalesce(set_by, 'nobody')", 'interval_no'), '; ') }} as change_log
    from intervals
    where severity_before is not null and not is_reopened
    group by incident_key
),

stated as (
    select
        incidents.*,
        weighed.floor,
        coalesce(weighed.facts_unknown, {{ empty_list() }}) as facts_unknown,
        coalesce(weighed.facts_above, {{ empty_list() }}) as facts_above,
        coalesce(weighed.is_waiting, false) as is_waiting,
        coalesce(changed.unexplained, 0) as unexplained,
        changed.change_log,
        {{ as_of() }} > {{ plus_hours('incidents.resolved_at', param('complete_within_hours')) }} as is_due
    from incidents
    left join weighed on weighed.incident_key = incidents.incident_key
    left join changed on changed.incident_key = incidents.incident_key
),

judged as (
    select
        *,
        {{ codes([
            ('UNDER_CLASSIFIED', 'not ' ~ is_empty_list('facts_above')),
            ('CHANGE_WITHOUT_REASON', 'unexplained > 0'),
            ('NO_FACTS', is_empty_list('facts') ~ ' and coalesce(is_due, false)'),
        ]) }} as codes
    from stated
)

select
    incident_key as entity_key,
    coalesce(title, incident_key) as entity_name,
    commander_key as owner_key,
    {{ row_result(
        unknown='not ' ~ is_empty_list('facts_unknown'),
        pending=is_empty_list('codes') ~ ' and (is_waiting or ' ~ is_empty_list('facts') ~ ')'
    ) }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'UNDER_CLASSIFIED'") ~ " then 'It was not raised to ' || floor || ' in time, as these facts ask: ' || " ~ listed('facts_above') ~ " end",
                "case when " ~ includes('codes', "'CHANGE_WITHOUT_REASON'") ~ " then 'A change of severity has no author or no reason' end",
                "case when " ~ includes('codes', "'NO_FACTS'") ~ " then 'It is over, and no facts are recorded' end",
            ]) }} || '.'
        when not {{ is_empty_list('facts_unknown') }} then 'The definitions know no such fact: ' || {{ listed('facts_unknown') }} || '.'
        when is_waiting or {{ is_empty_list('facts') }} then 'It may still be classified.'
        else 'As grave as its facts, or graver.'
    end as reason,
    incident_key as incident_id,
    highest_severity as severity_max,
    floor,
    facts as flags,
    change_log
from judged
