-- Severities of each incident one after another, from the paging system's log and the register, with the time allowed for
-- a response: its clock starts when the severity does. A reopened incident starts an interval and wants a new response.
{%- set ir_03 = 'ctl_ir_03__responses_are_in_time' %}
{%- set zone = "'" ~ parameter_of(ir_03, 'business_tz') ~ "'" %}
with incidents as (select * from {{ ref('int_incidents_merged') }}),

pages as (
    select incident_key, page_id
    from incidents
    cross join {{ each_item('incidents.page_ids') }} as item(page_id)
),

log as (
    select
        pages.incident_key,
        entries.*,
        entries.agent_type in ('user_reference', 'user')
            and not {{ item_in("coalesce(entries.channel_type, '')", text_list(parameter_of(ir_03, 'machine_channels'))) }} as is_person
    from {{ ref('stg_pagerduty__log_entries') }} as entries
    inner join pages on pages.page_id = entries.incident_id
    where entries._day <= {{ as_of_day() }} and entries.created_at <= {{ as_of() }}
    qualify row_number() over (partition by entries.entry_id order by entries._day desc) = 1
),

timeline as (select * from {{ ref('fct_incident_phase') }}),

-- What a page was created with is what its first change replaced; without one, what it has now.
created as (
    select
        pages.incident_key,
        records.created_at as happened_at,
        case when changes.entry_id is null then records.priority else changes.old_priority end as name
    from pages
    inner join (
        select * from {{ ref('stg_pagerduty__incidents') }}
        where _day <= {{ as_of_day() }}
        qualify row_number() over (partition by incident_id order by _day desc, _seq desc) = 1
    ) as records on records.incident_id = pages.page_id
    left join (
        select * from log where kind = 'priority_change'
        qualify row_number() over (partition by incident_id order by created_at, entry_id) = 1
    ) as changes on changes.incident_id = pages.page_id
),

said as (
    select incident_key, happened_at, 1 as rank, name, null as set_by, false as is_person, false as is_reopened from created where name is not null
    union all
    select incident_key, created_at, 2, new_priority, agent_name, is_person, false from log where kind = 'priority_change'
    union all
    select incident_key, created_at, 3, null, agent_name, is_person, true from log where kind = 'reopen'
    union all
    select incident_key, happened_at, 4, value, by_ref, by_key is not null, false from timeline where kind = 'severity'
),

mapped as (
    select
        said.incident_key,
        said.happened_at,
        said.rank,
        said.name,
        said.set_by,
        said.is_person,
        said.is_reopened,
        case when {{ is_severity('upper(trim(said.name))') }} then upper(trim(said.name)) else names.severity end as severity
    from said
    left join ({{ newest(ref('stg_registers__priority_map')) }}) as names on names.name = said.name
    where said.name is not null or said.is_reopened
),

-- A reopened incident has the severity it had.
held as (
    select
        *,
        coalesce(severity, {{ previous_known('severity', '(partition by incident_key order by happened_at, rank, name)') }}) as severity_held
    from mapped
    where severity is not null or is_reopened
),

compared as (
    select *, lag(severity_held) over (partition by incident_key order by happened_at, rank, name) as severity_before
    from held
    where severity_held is not null
),

intervals as (
    select
        *,
        row_number() over (partition by incident_key order by happened_at, rank, name) as interval_no,
        lead(happened_at) over (partition by incident_key order by happened_at, rank, name) as ended_at,
        lead(severity_held) over (partition by incident_key order by happened_at, rank, name) as severity_after
    from compared
    where is_reopened or severity_before is null or severity_held <> severity_before
),

reasons as (
    select incident_key, upper(value) as severity, min(by_ref) as author, min(note) as reason
    from timeline
    where kind = 'severity' and note is not null and by_ref is not null
    group by incident_key, upper(value)
),

-- Whoever was paged answers at the paging system; nobody else's word counts for that.
responses as (
    select incident_key, created_at as happened_at, agent_name as responder from log where kind in ('acknowledge', 'annotate') and is_person
    union all
    select timeline.incident_key, timeline.happened_at, timeline.by_ref
    from timeline
    inner join incidents on incidents.incident_key = timeline.incident_key
    where timeline.kind = 'triage' and timeline.by_key is not null and {{ list_count('incidents.page_ids') }} = 0
),

rounds as (
    select intervals.incident_key, intervals.interval_no, max(reopened.created_at) as round_began_at
    from intervals
    left join log as reopened
        on reopened.incident_key = intervals.incident_key and reopened.kind = 'reopen' and reopened.created_at <= intervals.happened_at
    group by intervals.incident_key, intervals.interval_no
),

answered as (
    select rounds.incident_key, rounds.interval_no, min(responses.happened_at) as first_response_at, min_by(responses.responder, responses.happened_at) as responder
    from rounds
    inner join responses
        on responses.incident_key = rounds.incident_key and (rounds.round_began_at is null or responses.happened_at >= rounds.round_began_at)
    group by rounds.incident_key, rounds.interval_no
),

numbered as ({{ numbered_days("'" ~ parameter_of(ir_03, 'business_calendar') ~ "'") }}),

clocked as (
    select
        intervals.*,
        -- The first severity says how grave it was from the first signal on.
        case
            when intervals.interval_no = 1 then coalesce(incidents.signal_at, intervals.happened_at)
            else {{ newest_of(['incidents.signal_at', 'intervals.happened_at']) }}
        end as clock_starts_at,
        incidents.signal_at
    from intervals
    inner join incidents on incidents.incident_key = intervals.incident_key
)

select
    clocked.incident_key,
    clocked.interval_no,
    clocked.severity_held as severity,
    clocked.happened_at as began_at,
    clocked.ended_at,
    clocked.severity_before,
    clocked.severity_after,
    clocked.is_reopened,
    coalesce(clocked.set_by, reasons.author) as set_by,
    clocked.is_person as is_set_by_person,
    reasons.reason,
    reasons.author as reason_by,
    clocked.signal_at,
    case clocked.severity_held
        when 'P1' then {{ plus_seconds('clocked.clock_starts_at', '60 * ' ~ parameter_of(ir_03, 'p1_minutes')) }}
        when 'P2' then {{ plus_seconds('clocked.clock_starts_at', '60 * ' ~ parameter_of(ir_03, 'p2_minutes')) }}
        when 'P3' then {{ plus_seconds('clocked.clock_starts_at', '60 * ' ~ parameter_of(ir_03, 'p3_minutes')) }}
        else {{ local_to_utc("cast(cast(due.day as varchar) || ' " ~ parameter_of(ir_03, 'business_day_end') ~ "' as timestamp)", zone) }}
    end as deadline_at,
    answered.first_response_at,
    answered.responder
from clocked
left join reasons on reasons.incident_key = clocked.incident_key and reasons.severity = clocked.severity_held
left join answered on answered.incident_key = clocked.incident_key and answered.interval_no = clocked.interval_no
left join numbered as began on began.day = {{ local_day('clocked.clock_starts_at', zone) }}
left join numbered as due on due.is_business and due.business_no = began.business_no + 1
