with days as (
    select {{ whole_days(
        'greatest(window_start, controls_effective_from)', 'least(' ~ as_of_day() ~ ', window_end)'
    ) }} + 1 as days
    from {{ ref('dim_engagement') }}
),

needed as (
    select count(distinct source_id) as tables
    from {{ source('meta', 'control_sources') }}
),

members as (
    select count(*) as rows
    from {{ ref('ctl_ev_01__sources_are_extracted_daily') }}
)

{{ counts_agree('tables_by_days', 'tables needed by controls', 'needed.tables * greatest(coalesce(days.days, 0), 0)', 'members.rows', 'tables that a control declares, times the days of the window so far') }}
from needed
cross join members
left join days
    on true
