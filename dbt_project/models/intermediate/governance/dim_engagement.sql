with engagements as (
    {{ newest(ref('stg_registers__engagement')) }}
)

select
    engagement_id,
    report_type,
    window_start,
    window_end,
    coalesce(controls_effective_from, window_start) as controls_effective_from,
    coalesce(time_zone, 'UTC') as time_zone,
    auditor
from engagements
-- The newest window that has begun; before the first one begins, the next to come.
qualify row_number() over (
    order by
        case when window_start <= {{ as_of_day() }} then 0 else 1 end,
        abs({{ whole_days('window_start', as_of_day()) }}),
        engagement_id
) = 1
