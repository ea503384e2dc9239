-- Incidents of the paging system and of the register, put together by what the register says of the former. One that was
-- merged keeps the earliest page; a page that the register does not know stands alone.
with register as ({{ newest(ref('stg_registers__incidents')) }}),

people as (select * from {{ ref('int_person_refs') }}),

pages as (
    select *
    from {{ ref('stg_pagerduty__incidents') }}
    where _day <= {{ as_of_day() }}
    qualify row_number() over (partition by incident_id order by _day desc, _seq desc) = 1
),

linked as (
    select register.incident_id, trim(item.page_id) as page_id
    from register
    cross join {{ each_item('register.pagerduty_ids') }} as item(page_id)
    where trim(item.page_id) <> ''
),

paged as (
    select
        linked.incident_id,
        {{ sorted_set('pages.incident_id') }} as page_ids,
        {{ sorted_set('pages.priority') }} as priorities,
        min(pages.created_at) as first_paged_at,
        case when count(pages.resolved_at) = count(pages.incident_id) then max(pages.resolved_at) end as resolved_at,
        count(*) - count(pages.incident_id) as missing_pages
    from linked
    left join pages on pages.incident_id = linked.page_id
    group by linked.incident_id
),

merged as (
    select
        register.incident_id as incident_key,
        register.title,
        true as is_registered,
        coalesce(paged.page_ids, {{ empty_list() }}) as page_ids,
        coalesce(paged.priorities, {{ empty_list() }}) as priorities,
        coalesce(paged.missing_pages, 0) as missing_pages,
        nullif(trim(register.source), '') as source,
        register.detected_at,
        register.declared_at,
        paged.first_paged_at,
        case when paged.incident_id is null then register.resolved_at else paged.resolved_at end as resolved_at,
        nullif(trim(register.commander_id), '') as commander_id,
        commanders.person_key as commander_key,
        coalesce(register.alarms, {{ empty_list() }}) as alarms,
        register.excluded_as,
        deciders.person_key as excluded_by_key
    from register
    left join paged on paged.incident_id = register.incident_id
    left join people as commanders on commanders.ref = trim(register.commander_id)
    left join people as deciders on deciders.ref = register.excluded_by

    union all

    select
        'pagerduty:' || pages.incident_id, pages.title, false, {{ list_of('pages.incident_id') }}, {{ list_of('pages.priority') }}, 0, null, null, null,
        pages.created_at, pages.resolved_at, null, null, {{ empty_list() }}, null, null
    from pages
    where not exists (select 1 from linked where linked.page_id = pages.incident_id)
),

signalled as (
    select *, coalesce({{ oldest_of(['detected_at', 'first_paged_at']) }}, declared_at) as signal_at
    from merged
)

select
    signalled.*,
    excluded_as is not null and excluded_by_key is not null as is_excluded,
    -- Without any time it cannot be placed, so it is looked at.
    coalesce(signal_at >= cast(engagement.window_start as timestamp) and signal_at <= {{ as_of() }}, signal_at is null) as is_in_window
from signalled
cross join {{ ref('dim_engagement') }} as engagement
