{#- What the processing models share: the days of a schedule. -#}

{#-
  The days on which a register's schedules fall due, from the first day of the window to the day judged: a select of all
  columns of `relation` and `due_date`. relation has frequency, started_on and ended_on.
-#}
{% macro schedule_spine(relation) -%}
select
    schedules.*,
    calendar.due_date
from ({{ newest(relation) }}) as schedules
cross join {{ ref('dim_engagement') }} as engagement
cross join {{ each_day(newest_of(['schedules.started_on', 'engagement.window_start']), oldest_of(['schedules.ended_on', as_of_day()])) }} as calendar(due_date)
left join ({{ newest(ref('stg_registers__holidays')) }}) as holidays
    on calendar.due_date = holidays.date and holidays.calendar = 'company'
where
    schedules.frequency = 'daily'
    or (schedules.frequency = 'business_day' and {{ weekday_of('calendar.due_date') }} <= 5 and holidays.date is null)
    or (schedules.frequency = 'monthly' and calendar.due_date = {{ period_end("'monthly'", 'calendar.due_date') }})
{%- endmacro %}
