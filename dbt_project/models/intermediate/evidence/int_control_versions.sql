-- Consecutive judgements of a control by the same parameters, declaration and suite, whatever the version of the code
-- around it. Judgements for show (environment demo) are left out; today's are not in the ledger yet.
with runs as (
    select
        control_id,
        run_id,
        logical_date,
        started_at,
        code_sha,
        {{ part('code_sha', '+', 1) }} as commit_or_files,
        params_sha,
        parameters,
        catalogue_sha,
        expectation_count
    from {{ source('ledger', 'control_runs') }}
    where logical_date < {{ as_of_day() }} and environment is distinct from 'demo'
),

compared as (
    select
        *,
        row_number() over by_run as run_no,
        lag(code_sha) over by_run as code_sha_before,
        lag(params_sha) over by_run as params_sha_before,
        lag(parameters) over by_run as parameters_before,
        lag(catalogue_sha) over by_run as catalogue_sha_before,
        lag(expectation_count) over by_run as expectation_count_before
    from runs
    window by_run as (partition by control_id order by started_at, run_id)
),

flagged as (
    select
        *,
        run_no = 1
        or params_sha is distinct from params_sha_before
        or catalogue_sha is distinct from catalogue_sha_before
        or expectation_count is distinct from expectation_count_before as is_first
    from compared
),

numbered as (
    select
        *,
        sum(case when is_first then 1 else 0 end) over (partition by control_id order by run_no) as version_no
    from flagged
),

totals as (
    select
        numbered.control_id,
        numbered.version_no,
        {{ latest_value('numbered.run_id', 'numbered.run_no') }} as last_run_id,
        max(numbered.logical_date) as last_run_on,
        count(case when numbered.logical_date between engagement.window_start and engagement.window_end then 1 end) as runs
    from numbered
    cross join {{ ref('dim_engagement') }} as engagement
    group by numbered.control_id, numbered.version_no
)

select
    numbered.control_id,
    cast(numbered.version_no as integer) as version_no,
    numbered.run_id as first_run_id,
    totals.last_run_id,
    numbered.logical_date as first_run_on,
    totals.last_run_on,
    numbered.started_at as first_started_at,
    totals.runs,
    numbered.logical_date between engagement.window_start and engagement.window_end as is_begun_in_window,
    numbered.run_no > 1 as has_before,
    numbered.code_sha,
    case when position(':' in numbered.commit_or_files) = 0 then numbered.commit_or_files end as commit_sha,
    numbered.params_sha,
    numbered.parameters,
    numbered.catalogue_sha,
    numbered.expectation_count,
    numbered.code_sha_before,
    numbered.params_sha_before,
    numbered.parameters_before,
    numbered.catalogue_sha_before,
    numbered.expectation_count_before
from numbered
inner join totals using (control_id, version_no)
cross join {{ ref('dim_engagement') }} as engagement
where numbered.is_first
