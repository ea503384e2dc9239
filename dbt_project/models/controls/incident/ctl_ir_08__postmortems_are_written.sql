{%- set ir_03 = 'ctl_ir_03__responses_are_in_time' %}
{%- set zone = "'" ~ parameter_of(ir_03, 'business_tz') ~ "'" %}
with incidents as (
    select *
    from ({{ incidents_judged() }}) as judged
    where {{ severity_in('highest_severity', param_value('severities')) }} and resolved_at is not null
),

people as (select * from {{ ref('int_person_refs') }}),

postmortems as (
    select
        register.*,
        authors.person_key as author_key,
        approvers.person_key as approver_key,
        {{ leading_times('register.timeline') }} as times
    from ({{ newest(ref('stg_registers__postmortems')) }}) as register
    left join people as authors on authors.ref = register.author
    left join people as approvers on approvers.ref = register.approved_by
),

measures as (
    select
        actions.origin_id,
        count(*) as measures,
        sum(case when owners.person_key is null or actions.due_on is null then 1 else 0 end) as unowned
    from ({{ newest(ref('stg_registers__incident_actions')) }}) as actions
    left join people as owners on owners.ref = actions.owner_id
    group by actions.origin_id
),

numbered as ({{ numbered_days("'" ~ parameter_of(ir_03, 'business_calendar') ~ "'") }}),

stated as (
    select
        incidents.*,
        postmortems.published_at,
        postmortems.author,
        postmortems.approved_by,
        postmortems.approver_key is not null and postmortems.approver_key is distinct from postmortems.author_key as is_approved,
        coalesce(measures.unowned, 0) as unowned,
        due.day as due_on,
        {{ local_day('postmortems.published_at', zone) }} > due.day as is_late,
        {{ local_day(as_of(), zone) }} > due.day as is_due,
        -- A timeline whose times lie outside the incident tells of something else.
        {{ present([
            "case when " ~ list_count('postmortems.timeline') ~ " < " ~ param('min_timeline_entries') ~ " or " ~ null_count('postmortems.times') ~ " > 0 or " ~ smallest_of('postmortems.times') ~ " < incidents.signal_at or " ~ largest_of('postmortems.times') ~ " > incidents.resolved_at then 'timeline' end",
            "case when nullif(trim(postmortems.root_cause), '') is null then 'root_cause' end",
            "case when coalesce(measures.measures, 0) = 0 then 'prevention_measures' end",
        ]) }} as parts_missing
    from incidents
    left join postmortems on postmortems.incident_id = incidents.incident_key
    left join measures on measures.origin_id = incidents.incident_key
    left join numbered as resolved on resolved.day = {{ local_day('incidents.resolved_at', zone) }}
    left join numbered as due on due.is_business and due.business_no = resolved.business_no + {{ param('due_business_days') }}
),

demanded as (
    select *, {{ items_shared('parts_missing', param('required_parts')) }} as missing_parts
    from stated
),

judged as (
    select
        *,
        {{ codes([
            ('POSTMORTEM_MISSING', 'published_at is null and is_due'),
            ('POSTMORTEM_LATE', 'is_late'),
            ('PART_MISSING', 'published_at is not null and not ' ~ is_empty_list('missing_parts')),
            ('NO_PREVENTION_OWNER', 'published_at is not null and unowned > 0'),
            ('NOT_APPROVED', 'published_at is not null and not is_approved'),
        ]) }} as codes
    from demanded
)

select
    incident_key as entity_key,
    coalesce(title, incident_key) as entity_name,
    commander_key as owner_key,
    {{ row_result(unknown='due_on is null', pending='published_at is null and not is_due') }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'POSTMORTEM_MISSING'") ~ " then 'No post-mortem until ' || cast(due_on as varchar) end",
                "case when " ~ includes('codes', "'POSTMORTEM_LATE'") ~ " then 'Published after ' || cast(due_on as varchar) end",
                "case when " ~ includes('codes', "'PART_MISSING'") ~ " then 'It lacks: ' || " ~ listed('missing_parts') ~ " end",
                "case when " ~ includes('codes', "'NO_PREVENTION_OWNER'") ~ " then 'A measure has no owner or no due date' end",
                "case when " ~ includes('codes', "'NOT_APPROVED'") ~ " then 'Nobody approved it but its author' end",
            ]) }} || '.'
        when due_on is null then 'When it is due cannot be told.'
        when published_at is null then 'It is due on ' || cast(due_on as varchar) || '.'
        else 'Published, complete and approved.'
    end as reason,
    incident_key as incident_id,
    resolved_at,
    due_on,
    published_at,
    missing_parts,
    author,
    approved_by as approver
from judged
