{{ counts_agree('schedule_judged', 'registers.pipelines', 'expected', 'actual', 'starts of the schedule and runs beside it, against rows of the control') }}
from (
    select
        (select count(*) from {{ ref('fct_processing_run') }}) as expected,
        (select count(*) from {{ ref('ctl_pi_03__processing_errors_are_handled') }}) as actual
) as counts

union all

{{ runs_name_a_pipeline() }}
