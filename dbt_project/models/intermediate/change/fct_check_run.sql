-- Check runs and legacy statuses alike satisfy a required context, so they stand in one table, every attempt of each.
with runs as (
    select checks.*
    from {{ ref('stg_github__check_runs') }} as checks
    inner join {{ ref('int_pull_request_records') }} as newest
        on checks._run_id = newest._run_id
        and checks._seq = newest._seq
        and checks.repo_id = newest.repo_id
        and checks.pr_number = newest.pr_number
    where checks.check_run_id is not null
    -- Two pull requests can share a commit, and a merge commit can be another's head.
    qualify row_number() over (
        partition by checks.repo_id, checks.check_run_id order by checks._day desc, checks._seq desc
    ) = 1
),

statuses as (
    select *
    from {{ ref('stg_github__commit_statuses') }}
    where commit_sha is not null and context is not null
    qualify row_number() over (
        partition by repo_id, commit_sha, context, created_at, state
        order by case when status_id is null then 1 else 0 end, _day desc, _seq desc
    ) = 1
),

all_checks as (
    select
        'check_run:' || repo_id || ':' || check_run_id as check_id,
        repo_id,
        commit_sha as sha,
        context,
        'check_run' as kind,
        lower(conclusion) as conclusion,
        started_at,
        case when lower(status) = 'completed' then completed_at end as completed_at,
        app_slug,
        url
    from runs
    union all
    -- A status is set in one moment; 'pending' says that the work has begun and not ended.
    select
        'status:' || repo_id || ':' || coalesce(status_id, commit_sha || ':' || context || ':' || {{ instant_key('created_at') }} || ':' || lower(state)) as check_id,
        repo_id,
        commit_sha as sha,
        context,
        'status' as kind,
        case when lower(state) not in ('pending', 'expected') then lower(state) end as conclusion,
        created_at as started_at,
        case when lower(state) not in ('pending', 'expected') then created_at end as completed_at,
        creator_login as app_slug,
        url
    from statuses
)

select
    all_checks.*,
    row_number() over (
        partition by repo_id, sha, context order by started_at, completed_at, check_id
    ) as attempt
from all_checks
