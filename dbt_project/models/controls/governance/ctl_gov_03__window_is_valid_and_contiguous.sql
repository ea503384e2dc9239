-- Months are calendar months: 2025-12-01 to 2026-02-28 is three of them. Days are those of the report's time zone, as the
-- register writes them.
with engagements as (
    select
        engagements.*,
        people.person_key,
        {{ date_plus('window_end', 1) }} as ends_before,
        coalesce(window_end > window_start, false) as has_window,
        -- Nought on the day after; the day of a Type I report may be the first of the window that follows it.
        {{ whole_days('previous_last_on', 'window_start') }} - 1 as gap_days
    from {{ ref('int_engagements_dated') }} as engagements
    left join {{ ref('int_person_refs') }} as people on engagements.decided_by = people.ref
    where report_type = 'type_2'
),

found as (
    select
        *,
        {{ codes([
            ('WINDOW_TOO_SHORT', 'has_window and ends_before < ' ~ plus_months('window_start', param('window_min_months'))),
            ('WINDOW_TOO_LONG', 'has_window and ends_before > ' ~ plus_months('window_start', param('window_max_months'))),
            ('WINDOW_OUTSIDE_PLAN', 'has_window and (ends_before < ' ~ plus_months('window_start', param('planned_min_months'))
                ~ ' or ends_before > ' ~ plus_months('window_start', param('planned_max_months')) ~ ')'),
            ('GAP_SINCE_PREVIOUS', 'gap_days > ' ~ param('max_gap_days_since_previous')),
            ('OVERLAP_WITH_PREVIOUS', "gap_days < case previous_report_type when 'type_1' then -1 else 0 end"),
        ]) }} as codes
    from engagements
)

select
    engagement_id as entity_key,
    'Window of ' || engagement_id as entity_name,
    person_key as owner_key,
    {{ row_result(
        unknown='not has_window or (previous_engagement_id is not null and previous_last_on is null)',
        excluded='is_closed'
    ) }} as result,
    codes,
    case
        when is_closed then 'Closed on ' || cast(closed_on as varchar) || '.'
        when not has_window then 'The register does not say from when until when the window is.'
        when {{ item_in("'WINDOW_TOO_SHORT'", 'codes') }} then 'Shorter than a Type II report allows.'
        when {{ item_in("'WINDOW_TOO_LONG'", 'codes') }} then 'Longer than a Type II report allows.'
        when {{ item_in("'GAP_SINCE_PREVIOUS'", 'codes') }} then cast(gap_days as varchar) || ' days after ' || previous_engagement_id || ' are covered by no report: a bridge letter is needed.'
        when {{ item_in("'OVERLAP_WITH_PREVIOUS'", 'codes') }} then 'Begins before ' || previous_engagement_id || ' ends.'
        when previous_engagement_id is not null and previous_last_on is null then 'What ' || previous_engagement_id || ' covers is not in the register.'
        else cast(window_start as varchar) || ' to ' || cast(window_end as varchar) || coalesce(', directly after ' || previous_engagement_id, ', the first') || '.'
    end as reason,
    engagement_id,
    window_start,
    window_end,
    {{ whole_months('window_start', 'ends_before') }} as months,
    previous_engagement_id,
    gap_days
from found
