with expected as (
    select
        count(distinct controls.control_id)
        * greatest({{ whole_days(
            'max(greatest(engagement.window_start, engagement.controls_effective_from))',
            'max(least(' ~ as_of_day() ~ ', engagement.window_end))'
        ) }} + 1, 0) as days
    from {{ source('meta', 'controls') }} as controls
    cross join {{ ref('dim_engagement') }} as engagement
    left join {{ ref('dim_scope') }} as scope
        on controls.category = scope.category
    where
        engagement.report_type = 'type_2'
        and coalesce(scope.in_scope, true)
        and not (controls.mode = 'periodic' and controls.frequency in ('monthly', 'quarterly', 'annual'))
),

checks as (
    select
        'units_by_calendar' as check_name,
        'controls judged daily' as scope,
        coalesce((select days from expected), 0) as expected,
        (
            select count(*) from {{ ref('int_control_days_covered') }} where unit_start = day
        ) as actual,
        'controls in scope, times the days of the window so far' as detail
    union all
    -- Only said when it holds: a check that fails would stop the control from being judged at all.
    select
        'no_type_2_window',
        'registers.engagement',
        0,
        0,
        'no engagement has a Type II window'
    where not exists (select 1 from {{ ref('dim_engagement') }} where report_type = 'type_2')
)

{{ checks_agree('checks') }}
