with incidents as (
    select * from {{ ref('fct_incident') }} where is_in_window
),

known as (
    select incident_key as incident_ref from {{ ref('fct_incident') }} where is_registered
    union
    select item.page_id
    from {{ ref('fct_incident') }} as incidents
    cross join {{ each_item('incidents.page_ids') }} as item(page_id)
    where incidents.is_registered
),

alerts as (
    select *
    from {{ ref('stg_siem__alerts') }}
    where alert_id is not null and _day <= {{ as_of_day() }}
    qualify row_number() over (partition by alert_id order by _day desc, _seq desc) = 1
),

tickets as (
    select *
    from {{ ref('stg_support_tickets__tickets') }}
    where ticket_id is not null and _day <= {{ as_of_day() }}
    qualify row_number() over (partition by ticket_id order by _day desc, _seq desc) = 1
),

-- What told of an incident; a finding of a scanner comes as an alert of the SIEM.
signals as (
    select 'alert:' || alert_id as signal_key, 'alert ' || alert_id as name, assignee as person_ref, created_at, closed_at as known_at, incident_id
    from alerts
    where disposition = 'true_positive'
        and not coalesce(is_test, false)
        and {{ item_in('lower(severity)', param('alert_severities')) }}
    union all
    select 'ticket:' || ticket_id, 'ticket ' || ticket_id, null, created_at, created_at, incident_id
    from tickets
    where {{ item_in(param('ticket_tag'), lower_texts('tags')) }} and coalesce(disposition, '') <> 'no_incident'
),

unregistered as (
    select signals.*
    from signals
    cross join {{ ref('dim_engagement') }} as engagement
    where signals.created_at >= cast(engagement.window_start as timestamp)
        and signals.created_at <= {{ as_of() }}
        and not exists (select 1 from known where known.incident_ref = signals.incident_id)
),

members as (
    select
        incident_key as entity_key,
        coalesce(title, incident_key) as entity_name,
        commander_key as owner_key,
        incident_key as incident_id,
        is_registered,
        is_excluded,
        excluded_as,
        missing_pages,
        source,
        detected_at,
        declared_at,
        first_paged_at,
        signal_at as known_at
    from incidents
    union all
    select
        unregistered.signal_key, unregistered.name, people.person_key, null, false, false, null, 0, null,
        unregistered.created_at, null, null, coalesce(unregistered.known_at, unregistered.created_at)
    from unregistered
    left join {{ ref('int_person_refs') }} as people on people.ref = unregistered.person_ref
),

judged as (
    select
        *,
        {{ as_of() }} <= {{ plus_hours('known_at', param('register_within_hours')) }} as is_new,
        {{ codes([
            ('NO_SOURCE', "is_registered and not " ~ item_in('source', param('sources'))),
            ('NO_DETECTION_TIME', 'is_registered and detected_at is null'),
            ('DETECTED_AFTER_DECLARED', 'is_registered and (detected_at > declared_at or detected_at > ' ~ plus_seconds('first_paged_at', param('clock_skew_seconds')) ~ ')'),
            ('UNREGISTERED', 'not is_registered'),
        ]) }} as codes
    from members
)

select
    entity_key,
    entity_name,
    owner_key,
    {{ row_result(unknown='missing_pages > 0', pending='not is_registered and coalesce(is_new, false)', excluded='is_excluded') }} as result,
    codes,
    case
        when is_excluded then 'The register takes it out: ' || excluded_as || '.'
        when not is_registered and coalesce(is_new, false) then 'New: the register may still name it.'
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'UNREGISTERED'") ~ " then 'No incident of the register names it' end",
                "case when " ~ includes('codes', "'NO_SOURCE'") ~ " then 'How it was detected is ' || coalesce('no known way: ' || source, 'not recorded') end",
                "case when " ~ includes('codes', "'NO_DETECTION_TIME'") ~ " then 'No time of detection' end",
                "case when " ~ includes('codes', "'DETECTED_AFTER_DECLARED'") ~ " then 'Detected only after it was declared or somebody was paged' end",
            ]) }} || '.'
        when missing_pages > 0 then 'The register names a page that the paging system does not list.'
        else 'Detected by ' || source || '.'
    end as reason,
    incident_id,
    source,
    detected_at,
    declared_at,
    first_paged_at
from judged
