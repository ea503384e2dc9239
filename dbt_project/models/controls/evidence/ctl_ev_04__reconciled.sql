with before as (
    select * from {{ source('ledger', 'control_runs') }} where logical_date < {{ as_of_day() }} and is_current
),

checks as (
    select
        'controls_of_the_night' as check_name,
        'control runs' as scope,
        (
            select count(distinct control_id)
            from before
            where logical_date = (select max(logical_date) from before) and control_id <> '{{ control_meta().reconciles }}'
        ) as expected,
        (select count(distinct control_id) from {{ ref('ctl_ev_04__populations_reconcile') }}) as actual,
        'controls judged on the night before against those with a row' as detail

    union all

    -- Only said when it holds.
    select
        'first_night',
        'control runs',
        0,
        (select count(*) from before),
        'no night was judged before this one'
    where not exists (select 1 from before)
)

{{ checks_agree('checks') }}
