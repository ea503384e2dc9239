with incidents as ({{ incidents_judged() }}),

-- From the matrix, never from what was sent.
matrix as (
    {%- set rows = [] %}
    {%- for severity, parties in (param_value('parties') or {}).items() %}
    {%- for party in parties %}
    {%- set minutes = 60 * param_value('customer_notify_hours') if party == 'customers' else param_value('internal_notify_minutes')[severity] %}
    {%- do rows.append("select '" ~ severity ~ "' as severity, '" ~ party ~ "' as party, " ~ minutes ~ " as minutes") %}
    {%- endfor %}
    {%- endfor %}
    {{ rows | join('\n    union all\n    ') }}
),

reached as (
    select incident_key, severity, min({{ newest_of(['began_at', 'signal_at']) }}) as reached_at
    from {{ ref('fct_incident_severity_interval') }}
    group by incident_key, severity
),

required as (
    select
        incidents.incident_key,
        incidents.title,
        incidents.commander_key,
        incidents.highest_severity,
        matrix.party,
        {{ plus_seconds('reached.reached_at', '60 * matrix.minutes') }} as limit_at
    from incidents
    left join reached on reached.incident_key = incidents.incident_key and reached.severity = incidents.highest_severity
    left join matrix on matrix.severity = incidents.highest_severity
),

posts as (
    select *
    from {{ ref('stg_statuspage__incidents') }}
    where _day <= {{ as_of_day() }}
    qualify row_number() over (partition by post_id order by _day desc, _seq desc) = 1
),

audience as (
    select coalesce(max(subscribers), 0) > 0 as has_subscribers
    from ({{ newest(ref('stg_statuspage__subscribers')) }}) as counted
),

-- Paging whoever is on call tells no party. A post tells customers once it was delivered to subscribers.
notices as (
    select
        timeline.incident_key,
        lower(timeline.value) as party,
        timeline.channel,
        timeline.evidence_uri,
        timeline.note,
        timeline.channel = 'waived' as is_waiver,
        case when timeline.channel = 'statuspage' then posts.notified_at else timeline.happened_at end as told_at,
        timeline.evidence_uri is not null as has_evidence
    from {{ ref('fct_incident_phase') }} as timeline
    cross join audience
    left join posts on posts.shortlink = timeline.evidence_uri
    where timeline.kind = 'notification'
        and coalesce(timeline.channel, '') <> 'pagerduty'
        and (
            coalesce(timeline.channel, '') <> 'statuspage'
            or (timeline.value = 'customers' and posts.notified_at is not null and audience.has_subscribers)
        )
),

best as (
    select *
    from notices
    where not coalesce(is_waiver, false)
    qualify row_number() over (partition by incident_key, party order by has_evidence desc, told_at) = 1
),

waived as (
    select incident_key, party, min(note) as waiver
    from notices
    where is_waiver and note is not null and has_evidence
    group by incident_key, party
),

stated as (
    select
        required.*,
        best.told_at,
        best.channel,
        best.evidence_uri,
        best.has_evidence,
        waived.waiver
    from required
    left join best on best.incident_key = required.incident_key and best.party = required.party
    left join waived on waived.incident_key = required.incident_key and waived.party = required.party and best.told_at is null
),

judged as (
    select
        *,
        {{ codes([
            ('NOT_NOTIFIED', 'told_at is null and waiver is null and ' ~ as_of() ~ ' > limit_at'),
            ('NOTIFIED_LATE', 'told_at > limit_at'),
            ('NO_EVIDENCE', 'told_at is not null and not has_evidence'),
            ('WAIVED', 'waiver is not null'),
        ]) }} as codes
    from stated
)

select
    incident_key || '|' || coalesce(party, 'party') as entity_key,
    coalesce(title, incident_key) || ': ' || coalesce(party, 'parties') as entity_name,
    commander_key as owner_key,
    {{ row_result(unknown='party is null or limit_at is null', pending='told_at is null and waiver is null and ' ~ as_of() ~ ' <= limit_at') }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'NOT_NOTIFIED'") ~ " then 'Nobody told them until ' || " ~ instant_text('limit_at') ~ " end",
                "case when " ~ includes('codes', "'NOTIFIED_LATE'") ~ " then 'Told after ' || " ~ instant_text('limit_at') ~ " end",
                "case when " ~ includes('codes', "'NO_EVIDENCE'") ~ " then 'Nothing shows the message' end",
                "case when " ~ includes('codes', "'WAIVED'") ~ " then 'By a written decision they were not told: ' || waiver end",
            ]) }} || '.'
        when party is null or limit_at is null then 'Without a severity nothing says who must be told.'
        when told_at is null then 'They are to be told until ' || {{ instant_text('limit_at') }} || '.'
        else 'Told in time.'
    end as reason,
    incident_key as incident_id,
    highest_severity as severity,
    party,
    told_at as notified_at,
    channel,
    evidence_uri as message_uri,
    limit_at
from judged
