select
    engagement_id,
    report_type,
    -- A Type I report has no window: what is judged by one is its day.
    anchor_on as window_start,
    last_on as window_end,
    coalesce(controls_effective_from, anchor_on) as controls_effective_from,
    zone as time_zone,
    auditor
from {{ ref('int_engagements_dated') }}
where anchor_on is not null and last_on is not null
-- The newest window that has begun; before the first one begins, the next to come. A window that is open goes before a
-- Type I report whose day lies in it.
qualify row_number() over (
    order by
        case
            when report_type = 'type_2' and {{ as_of_day() }} between anchor_on and last_on then 0
            when anchor_on <= {{ as_of_day() }} then 1
            else 2
        end,
        abs({{ whole_days('anchor_on', as_of_day()) }}),
        engagement_id
) = 1
