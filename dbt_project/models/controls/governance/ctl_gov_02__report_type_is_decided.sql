-- Whole months are counted on the calendar: a plan of exactly two months is within two.
with engagements as (
    select
        engagements.*,
        people.person_key,
        coalesce(report_type in ('type_1', 'type_2'), false) as is_typed,
        case report_type
            when 'type_1' then
                planned_report_date < {{ plus_months('planned_start', param('type1_min_months')) }}
                or planned_report_date > {{ plus_months('planned_start', param('type1_max_months')) }}
            when 'type_2' then
                planned_report_date < {{ plus_months('planned_start', param('type2_min_months')) }}
                or planned_report_date > {{ plus_months('planned_start', param('type2_max_months')) }}
        end as is_off_time,
        case report_type
            when 'type_1' then budget_usd not between {{ param('type1_min_usd') }} and {{ param('type1_max_usd') }}
            when 'type_2' then budget_usd not between {{ param('type2_min_usd') }} and {{ param('type2_max_usd') }}
        end as is_off_budget
    from {{ ref('int_engagements_dated') }} as engagements
    left join {{ ref('int_person_refs') }} as people on engagements.decided_by = people.ref
),

found as (
    select
        *,
        {{ codes([
            ('NO_DECISION', 'not is_typed or decided_by is null or decision_date is null'),
            ('TYPE1_NO_ASOF', "report_type = 'type_1' and as_of_date is null"),
            ('TYPE2_NO_WINDOW', "report_type = 'type_2' and coalesce(window_end <= window_start, true)"),
            ('TIMELINE_OUT_OF_RANGE', 'is_off_time'),
            ('BUDGET_OUT_OF_RANGE', 'is_off_budget'),
        ]) }} as codes
    from engagements
),

judged as (
    select
        engagement_id as entity_key,
        'Engagement ' || engagement_id as entity_name,
        person_key as owner_key,
        {{ row_result(
            unknown='is_typed and (planned_start is null or planned_report_date is null or budget_usd is null)',
            excluded='is_closed'
        ) }} as result,
        codes,
        case
            when is_closed then 'Closed on ' || cast(closed_on as varchar) || '.'
            when {{ item_in("'NO_DECISION'", 'codes') }} then 'Which report is wanted, by whom it was decided, or when, is not in the register.'
            when {{ item_in("'TYPE1_NO_ASOF'", 'codes') }} then 'A Type I report without the day it is of.'
            when {{ item_in("'TYPE2_NO_WINDOW'", 'codes') }} then 'A Type II report without a window, or with one that ends before it begins.'
            when planned_start is null or planned_report_date is null or budget_usd is null then 'The plan lacks its dates or its budget.'
            else report_type || ', decided by ' || decided_by || ' on ' || cast(decision_date as varchar) || '.'
                || case when is_off_time then ' The plan takes longer or shorter than reports of the type usually do.' else '' end
                || case when is_off_budget then ' The budget is not what reports of the type usually cost.' else '' end
        end as reason,
        engagement_id,
        report_type,
        as_of_date,
        window_start,
        window_end,
        budget_usd,
        decided_by,
        decision_date,
        planned_start,
        planned_report_date
    from found
)

select * from judged

union all

-- Nothing is planned at all: no row would be no finding.
select
    'none',
    'No engagement',
    cast(null as varchar),
    'exception',
    {{ text_list(['NO_DECISION']) }},
    'No engagement that is not closed is in the register.',
    cast(null as varchar),
    cast(null as varchar),
    cast(null as date),
    cast(null as date),
    cast(null as date),
    cast(null as bigint),
    cast(null as varchar),
    cast(null as date),
    cast(null as date),
    cast(null as date)
where not exists (select 1 from engagements where not is_closed)
