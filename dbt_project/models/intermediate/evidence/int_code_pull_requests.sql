-- The pull request that brought each commit by which controls were judged to a production branch of the repository of
-- the evidence system. A commit of a pull request that was squashed is not what was merged: only its head is.
{%- set control = 'ctl_ev_07__changes_are_reviewed' %}
{%- set repository = (parameter_of(control, 'evidence_repository') or '') | lower | replace("'", "''") %}
with commits as (
    select distinct commit_sha from {{ ref('int_code_versions') }} where commit_sha is not null
),

repository as (
    select
        repos.repo_id,
        repos.full_name,
        not exists (
            select 1
            from {{ ref('stg_github__pull_requests') }} as pulls
            where pulls.repo_id = repos.repo_id
                and pulls.error_code is not null
                and pulls._day = (select max(_day) from {{ ref('stg_github__pull_requests') }})
        ) as is_readable
    from {{ ref('dim_repo') }} as repos
    where lower(repos.full_name) = '{{ repository }}'
),

candidates as (
    select
        commits.commit_sha,
        pulls.repo_id,
        pulls.pr_number,
        case when pulls.merge_commit_sha = commits.commit_sha then 1 else 2 end as trace
    from commits
    cross join repository
    inner join {{ ref('fct_pull_request') }} as pulls
        on repository.repo_id = pulls.repo_id
        and commits.commit_sha in (pulls.merge_commit_sha, pulls.head_sha_at_merge)
    where pulls.is_merged and pulls.is_production_base

    union all

    select commits.commit_sha, arrivals.repo_id, arrivals.pr_number, 3
    from commits
    cross join repository
    inner join {{ ref('fct_branch_commit') }} as arrivals
        on repository.repo_id = arrivals.repo_id
        and commits.commit_sha = arrivals.commit_sha
    where arrivals.coverage = 'covered' and arrivals.pr_number is not null
),

chosen as (
    select *
    from candidates
    qualify row_number() over (partition by commit_sha order by trace, pr_number) = 1
)

select
    commits.commit_sha,
    coalesce(repository.is_readable, false) as is_readable,
    repository.repo_id,
    repository.full_name as repo_full_name,
    pulls.pr_number,
    pulls.merged_at,
    pulls.author_key,
    coalesce(pulls.merged_at < cast(engagement.window_start as timestamp), false) as is_merged_before_window
from commits
cross join {{ ref('dim_engagement') }} as engagement
left join repository on true
left join chosen on commits.commit_sha = chosen.commit_sha
left join {{ ref('fct_pull_request') }} as pulls
    on chosen.repo_id = pulls.repo_id
    and chosen.pr_number = pulls.pr_number
