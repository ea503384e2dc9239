with services as (
    select distinct service_id from ({{ newest(ref('stg_registers__slas')) }}) as slas
),

months as (
    select distinct {{ period_start("'monthly'", 'calendar.day') }} as month
    from {{ ref('dim_engagement') }} as engagement
    cross join {{ each_day('engagement.window_start', as_of_day()) }} as calendar (day)
    where {{ period_end("'monthly'", 'calendar.day') }} < {{ as_of_day() }}
),

counted as (
    select
        (select count(*) from services) * (select count(*) from months) as expected,
        (select count(*) from {{ ref('ctl_av_01__uptime_commitments_are_met') }} where month is not null) as actual
)

select
    'months_judged' as check_name,
    'registers.slas' as scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    expected = actual and (select count(*) from services) > 0 as passed,
    'committed services times full months of the window, each a row of the population' as detail
from counted
