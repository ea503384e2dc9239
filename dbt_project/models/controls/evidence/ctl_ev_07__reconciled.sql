with runs as (
    select runs.*
    from {{ source('ledger', 'control_runs') }} as runs
    cross join {{ ref('dim_engagement') }} as engagement
    where runs.logical_date < {{ as_of_day() }}
        and runs.environment is distinct from 'demo'
        and runs.logical_date between engagement.window_start and engagement.window_end
),

counted as (
    select
        count(*) as runs,
        count(case when code_sha is not null and params_sha is not null and catalogue_sha is not null then 1 end) as hashed
    from runs
),

judged as (
    select
        coalesce(sum(case when control_id is null then runs else 0 end), 0) as of_code,
        coalesce(sum(case when control_id is not null then runs else 0 end), 0) as of_controls
    from {{ ref('ctl_ev_07__changes_are_reviewed') }}
),

checks as (
    select
        'runs_carry_three_hashes' as check_name,
        'ledger' as scope,
        runs as expected,
        hashed as actual,
        'judgements of controls in the window against those that name code, parameters and declaration' as detail
    from counted

    union all

    select
        'every_run_is_of_a_version',
        'versions of the code',
        counted.runs,
        judged.of_code,
        'judgements of controls in the window against those that the rows stand for'
    from counted
    cross join judged

    union all

    select
        'every_run_is_of_a_version',
        'versions of the controls',
        counted.runs,
        judged.of_controls,
        'judgements of controls in the window against those that the rows stand for'
    from counted
    cross join judged
)

select
    check_name,
    scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    expected = actual as passed,
    detail
from checks
