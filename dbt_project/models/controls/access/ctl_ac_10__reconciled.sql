{%- set control = 'ctl_ac_10__access_reviews_are_held' -%}
with systems as (
    select *, coalesce(try_cast(fiscal_year_start_month as bigint), 1) as first_month
    from ({{ newest(ref('stg_registers__systems')) }}) as register
    where in_use and access_review_required
),

{#- Counted from the due dates, not from the quarters as the population is. #}
due_dates as (
    select
        systems.system_id,
        calendar.day as due_date,
        {{ date_plus('calendar.day', '-' ~ parameter_of(control, 'due_days_after_quarter_end')) }} as quarter_end,
        {{ plus_months(date_plus('calendar.day', '1 - ' ~ parameter_of(control, 'due_days_after_quarter_end')), -3) }} as quarter_start,
        systems.in_scope_from,
        systems.in_scope_to,
        engagement.window_end
    from systems
    cross join {{ ref('dim_engagement') }} as engagement
    cross join {{ each_day('engagement.window_start', date_plus(as_of_day(), 120)) }} as calendar(day)
    where extract(day from {{ date_plus('calendar.day', '1 - ' ~ parameter_of(control, 'due_days_after_quarter_end')) }}) = 1
        and (extract(month from {{ date_plus('calendar.day', '1 - ' ~ parameter_of(control, 'due_days_after_quarter_end')) }}) - systems.first_month + 12) % 3 = 0
),

expected as (
    select *
    from due_dates
    where quarter_start <= {{ as_of_day() }}
        and (due_date <= window_end or quarter_end >= {{ as_of_day() }})
        and (in_scope_from is null or in_scope_from <= quarter_start)
        and (in_scope_to is null or in_scope_to >= quarter_end)
),

register as (
    select reviews.review_id, known.review_id as known_id
    from ({{ newest(ref('stg_registers__access_reviews')) }}) as reviews
    cross join {{ ref('dim_engagement') }} as engagement
    left join {{ ref('fct_access_review') }} as known on known.review_id = reviews.review_id
    where reviews.due_date is null or reviews.due_date >= engagement.window_start
),

signed as (
    select count(*) as reviews, count(report_sha256) as hashed
    from {{ ref('fct_access_review') }}
    where signed_at is not null
),

judged as (select count(*) as quarters from {{ ref('ctl_ac_10__access_reviews_are_held') }}),

checks as (
    select
        'quarters_times_systems' as check_name,
        'calendar' as scope,
        count(*) as expected,
        (select quarters from judged) as actual,
        'due dates of every system against quarters judged' as detail
    from expected

    union all

    select 'reviews_in_calendar', 'registers.access_reviews', count(*), count(known_id), 'reviews in the register against those of a quarter and system of the calendar'
    from register

    union all

    select 'signed_reports_hashed', 'registers.access_reviews', reviews, hashed, 'signed reviews against those with the hash of the report'
    from signed

    union all

    select 'no_due_date_in_window', 'calendar', 0, count(*), 'due dates in the window so far'
    from expected
    -- No system to review is no proof that none is due.
    having count(*) = 0 and exists (select 1 from systems)
)

{{ checks_agree('checks', unread_fails=true) }}
