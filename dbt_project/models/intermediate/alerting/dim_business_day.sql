{%- set calendar = parameter_of('ctl_al_03__failed_login_alerts_are_answered', 'calendar') -%}
-- The company's business days, three years back and two months ahead, numbered.
with days as (
    select
        listed.day,
        {{ weekday_of('listed.day') }} < 6 and holidays.date is null as is_business
    from (select day from {{ each_day(date_plus(as_of_day(), -1100), date_plus(as_of_day(), 60)) }} as every (day)) as listed
    left join (
        select distinct date
        from ({{ newest(ref('stg_registers__holidays')) }}) as register
        where calendar = '{{ calendar }}'
    ) as holidays on holidays.date = listed.day
)

select
    day,
    is_business,
    sum(case when is_business then 1 else 0 end) over (order by day rows unbounded preceding) as business_no
from days
