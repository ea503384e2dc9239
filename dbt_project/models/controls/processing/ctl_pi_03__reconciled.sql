select
    'schedule_judged' as check_name,
    'registers.pipelines' as scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    expected = actual as passed,
    'starts of the schedule and runs beside it, against rows of the control' as detail
from (
    select
        (select count(*) from {{ ref('fct_processing_run') }}) as expected,
        (select count(*) from {{ ref('ctl_pi_03__processing_errors_are_handled') }}) as actual
) as counts

union all

select
    'runs_name_a_pipeline' as check_name,
    'processing.runs' as scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    expected = actual as passed,
    'runs in the window, against those whose pipeline the register knows' as detail
from (
    select
        (
            select count(distinct run_id) from {{ ref('stg_processing__runs') }}
            where coalesce(scheduled_for, started_at) >= (select cast(window_start as timestamp) from {{ ref('dim_engagement') }})
        ) as expected,
        (select count(distinct run_id) from {{ ref('fct_processing_run') }}) as actual
) as counts
