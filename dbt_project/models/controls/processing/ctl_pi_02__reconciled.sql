select
    'schedule_judged' as check_name,
    'registers.reconciliations' as scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    expected = actual as passed,
    'days of the schedule, against rows of the control' as detail
from (
    select
        (select count(*) from {{ ref('fct_reconciliation') }}) as expected,
        (select count(*) from {{ ref('ctl_pi_02__reconciliations_are_made') }}) as actual
) as counts

union all

select
    'results_are_scheduled' as check_name,
    'processing.reconciliations' as scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    expected = actual as passed,
    'results for days in the window, against those that the schedule names' as detail
from (
    select
        (
            select count(*)
            from (
                select distinct recon_id, due_date from {{ ref('stg_processing__reconciliations') }}
                where due_date >= (select window_start from {{ ref('dim_engagement') }})
            ) as results
        ) as expected,
        (
            select count(*)
            from (
                select distinct results.recon_id, results.due_date
                from {{ ref('stg_processing__reconciliations') }} as results
                inner join {{ ref('fct_reconciliation') }} as scheduled
                    on results.recon_id = scheduled.recon_id and results.due_date = scheduled.due_date
            ) as known
        ) as actual
) as counts
