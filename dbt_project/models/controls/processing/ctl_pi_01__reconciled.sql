{{ counts_agree('runs_judged', 'processing.runs', 'expected', 'actual', 'runs that were made, against rows of the control') }}
from (
    select
        (select count(distinct run_id) from {{ ref('fct_processing_run') }}) as expected,
        (select count(*) from {{ ref('ctl_pi_01__inputs_are_validated') }}) as actual
) as counts

union all

{{ counts_agree('validations_name_a_run', 'processing.validations', 'expected', 'actual', 'validations, against those of a run in the ledger') }}
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

{{ runs_name_a_pipeline() }}
