-- Every engagement of the register, planned and closed ones too, with the day that its preparation is counted back from.
select
    register.*,
    coalesce(register.time_zone, 'UTC') as zone,
    case when register.report_type = 'type_1' then register.as_of_date else register.window_start end as anchor_on,
    case when register.report_type = 'type_1' then register.as_of_date else register.window_end end as last_on,
    coalesce(register.closed_on <= {{ as_of_day() }}, false) as is_closed,
    previous.engagement_id is not null as is_previous_known,
    -- What the previous report covers to: a Type I report covers its one day.
    case when previous.report_type = 'type_1' then previous.as_of_date else previous.window_end end as previous_last_on,
    previous.report_type as previous_report_type
from ({{ newest(ref('stg_registers__engagement')) }}) as register
left join ({{ newest(ref('stg_registers__engagement')) }}) as previous
    on register.previous_engagement_id = previous.engagement_id
