with pages as (
    select records.incident_id, max(records.incident_number) as incident_number
    from {{ ref('stg_pagerduty__incidents') }} as records
    cross join {{ ref('dim_engagement') }} as engagement
    where records._day <= {{ as_of_day() }}
        and records.created_at >= cast(engagement.window_start as timestamp)
        and records.created_at <= {{ as_of() }}
    group by records.incident_id
),

paged as (
    select distinct item.page_id
    from {{ ref('fct_incident') }} as incidents
    cross join {{ each_item('incidents.page_ids') }} as item(page_id)
),

register as (select distinct incident_id from ({{ newest(ref('stg_registers__incidents')) }}) as listed),

alerts as (
    select distinct alerts.alert_id
    from {{ ref('stg_siem__alerts') }} as alerts
    cross join {{ ref('dim_engagement') }} as engagement
    where alerts._day <= {{ as_of_day() }}
        and alerts.created_at >= cast(engagement.window_start as timestamp)
        and alerts.created_at <= {{ as_of() }}
        and alerts.disposition = 'true_positive'
        and not coalesce(alerts.is_test, false)
        and {{ item_in('lower(alerts.severity)', text_list(parameter_of('ctl_ir_01__incidents_have_a_source', 'alert_severities'))) }}
),

named as (
    select distinct records.alert_id
    from {{ ref('stg_siem__alerts') }} as records
    inner join (
        select incident_key as incident_ref from {{ ref('fct_incident') }} where is_registered
        union
        select page_id from paged
    ) as known on known.incident_ref = records.incident_id
),

judged as (select * from {{ ref('ctl_ir_01__incidents_have_a_source') }}),

counts as (
    select
        (select count(*) from pages) as pages,
        (select count(*) from pages inner join paged on paged.page_id = pages.incident_id) as pages_found,
        (select max(incident_number) - min(incident_number) + 1 from pages) as numbers,
        (select count(distinct incident_number) from pages) as numbers_found,
        (select count(*) from register) as lines,
        (select count(*) from {{ ref('fct_incident') }} where is_registered) as lines_found,
        (select count(*) from alerts) as alerts,
        (select count(*) from alerts where alert_id in (select alert_id from named) or 'alert:' || alert_id in (select entity_key from judged)) as alerts_found,
        (select count(*) from judged where result <> 'excluded') as members,
        (
            select count(*) from {{ ref('fct_incident') }}
            where is_excluded and excluded_as = 'drill' and {{ list_count('page_ids') }} > 0
                and first_paged_at > {{ plus_days(as_of(), '-' ~ parameter_of('ctl_ir_01__incidents_have_a_source', 'test_page_days')) }}
        ) as test_pages
),

checks as (
    select 'pages_in_population' as check_name, 'pagerduty.incidents' as scope, pages as expected, pages_found as actual, pages = pages_found as passed, 'pages of the window that belong to an incident' as detail from counts
    union all
    select 'register_in_population', 'registers.incidents', lines, lines_found, lines = lines_found, 'lines of the register that are an incident' from counts
    union all
    select 'numbers_without_gaps', 'pagerduty.incidents', coalesce(numbers, 0), numbers_found, coalesce(numbers, 0) = numbers_found, 'numbers that the paging system gave in the window; a gap is a page that was deleted' from counts
    union all
    select 'true_positives_judged', 'siem.alerts', alerts, alerts_found, alerts = alerts_found, 'alerts that proved true, with an incident or a row' from counts
    union all
    -- Only stands here when it holds.
    select 'no_incident_and_detection_works', 'pagerduty.incidents', 0, 0, true, 'nothing to judge, and the page of a drill was received' from counts where members = 0 and test_pages > 0
)

select check_name, scope, cast(expected as bigint) as expected, cast(actual as bigint) as actual, passed, detail
from checks
