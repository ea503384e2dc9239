with windows as (
    select
        min(window_start) as first_day,
        max(window_end) as last_day
    from {{ ref('dim_engagement') }}
)

select calendar.day
from windows
cross join {{ each_day('windows.first_day', 'windows.last_day') }} as calendar (day)
