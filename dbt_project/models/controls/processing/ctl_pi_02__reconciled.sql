{{ counts_agree('schedule_judged', 'registers.reconciliations', 'expected', 'actual', 'days of the schedule, against rows of the control') }}
from (
    select
        (select count(*) from {{ ref('fct_reconciliation') }}) as expected,
        (select count(*) from {{ ref('ctl_pi_02__reconciliations_are_made') }}) as actual
) as counts

union all

{{ counts_agree('results_are_scheduled', 'processing.reconciliations', 'expected', 'actual', 'results for days in the window, against those that the schedule names') }}
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
