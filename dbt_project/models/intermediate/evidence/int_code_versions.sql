-- Consecutive judgements under one version of the code. Judgements for show (environment demo) are left out; today's
-- are not in the ledger yet. What was judged with uncommitted changes is another version than its commit.
with runs as (
    select
        run_id,
        max(logical_date) as logical_date,
        max(started_at) as started_at,
        max(code_sha) as code_sha,
        -- A judgement of which part is dirty, or does not say, is no cleaner than that part.
        max(case when dirty then 1 when dirty is null then 2 else 0 end) as dirt,
        count(code_sha) < count(*) as has_no_code,
        count(*) as control_runs
    from {{ source('ledger', 'control_runs') }}
    where logical_date < {{ as_of_day() }} and environment is distinct from 'demo'
    group by run_id
),

named as (
    select
        run_id,
        logical_date,
        started_at,
        control_runs,
        case when not has_no_code then code_sha end as code_sha,
        case when not has_no_code then {{ part('code_sha', '+', 1) }} end as commit_or_files,
        case dirt when 1 then true when 0 then false end as dirty
    from runs
),

compared as (
    select
        *,
        row_number() over by_run as run_no,
        lag(code_sha) over by_run as code_sha_before,
        lag(dirty) over by_run as dirty_before
    from named
    window by_run as (order by started_at, run_id)
),

flagged as (
    select
        *,
        run_no = 1 or code_sha is distinct from code_sha_before or dirty is distinct from dirty_before as is_first
    from compared
),

numbered as (
    select
        *,
        sum(case when is_first then 1 else 0 end) over (order by run_no) as version_no
    from flagged
),

totals as (
    select
        numbered.version_no,
        {{ latest_value('numbered.run_id', 'numbered.run_no') }} as last_run_id,
        max(numbered.logical_date) as last_run_on,
        sum(case when numbered.logical_date between engagement.window_start and engagement.window_end then numbered.control_runs else 0 end) as runs
    from numbered
    cross join {{ ref('dim_engagement') }} as engagement
    group by numbered.version_no
)

select
    cast(numbered.version_no as integer) as version_no,
    numbered.run_id as first_run_id,
    totals.last_run_id,
    numbered.logical_date as first_run_on,
    totals.last_run_on,
    numbered.started_at as first_started_at,
    cast(totals.runs as bigint) as runs,
    numbered.run_no > 1 as has_before,
    numbered.code_sha,
    case when position(':' in numbered.commit_or_files) = 0 then numbered.commit_or_files end as commit_sha,
    numbered.dirty
from numbered
inner join totals using (version_no)
where numbered.is_first
