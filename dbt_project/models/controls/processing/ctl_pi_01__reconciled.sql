select
    'runs_judged' as check_name,
    'processing.runs' as scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    expected = actual as passed,
    'runs that were made, against rows of the control' as detail
from (
    select
        (select count(distinct run_id) from {{ ref('fct_processing_run') }}) as expected,
        (select count(*) from {{ ref('ctl_pi_01__inputs_are_validated') }}) as actual
) as counts

union all

select
    'validations_name_a_run' as check_name,
    'processing.validations' as scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    expected = actual as passed,
    'validations, against those of a run in the ledger' as detail
from (
    select
        (select count(distinct run_id) from {{ ref('stg_processing__validations') }}) as expected,
        (
            select count(distinct validations.run_id)
            from {{ ref('stg_processing__validations') }} as validations
            inner join {{ ref('stg_processing__runs') }} as runs
                on validations.run_id = runs.run_id
        ) as actual
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
