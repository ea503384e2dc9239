-- The register's timeline of each incident, and since when it says so.
with timeline as ({{ newest(ref('stg_registers__incident_timeline')) }}),

written as (
    select incident_id, entry_id, min(_day) as written_on
    from {{ ref('stg_registers__incident_timeline') }}
    where _day <= {{ as_of_day() }}
    group by incident_id, entry_id
)

select
    timeline.incident_id as incident_key,
    timeline.entry_id,
    timeline.kind,
    timeline.happened_at,
    nullif(trim(timeline.value), '') as value,
    nullif(trim(timeline.by_id), '') as by_ref,
    people.person_key as by_key,
    nullif(trim(timeline.note), '') as note,
    nullif(trim(timeline.evidence_uri), '') as evidence_uri,
    nullif(trim(timeline.channel), '') as channel,
    written.written_on
from timeline
left join written on written.incident_id = timeline.incident_id and written.entry_id = timeline.entry_id
left join {{ ref('int_person_refs') }} as people on people.ref = trim(timeline.by_id)
where timeline.happened_at <= {{ as_of() }}
