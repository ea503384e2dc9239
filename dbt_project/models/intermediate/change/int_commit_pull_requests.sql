-- Pull requests that can account for a commit, by three independent traces: the commit the merge made, the commits
-- the pull request lists, and GitHub's own association (the only one that knows the copies a rebase makes).
with associations as (
    select
        repo_id,
        commit_sha,
        pr_number,
        coalesce(pr_repo_id, repo_id) as pr_repo_id,
        base_ref,
        is_merged,
        merged_at,
        merge_commit_sha,
        _run_id,
        _seq
    from {{ ref('stg_github__commit_pulls') }}
    where error_code is null
    qualify dense_rank() over (partition by repo_id, commit_sha order by _day desc, _run_id, _seq desc) = 1
),

candidates as (
    select repo_id, merge_commit_sha as commit_sha, pr_number, 'merge_commit' as trace
    from {{ ref('fct_pull_request') }}
    where is_merged and merge_commit_sha is not null
    union
    select repo_id, commit_sha, pr_number, 'pull_request_commit' as trace
    from {{ ref('fct_pr_commit') }}
    union
    select repo_id, commit_sha, pr_number, 'association' as trace
    from associations
    where pr_number is not null and pr_repo_id = repo_id
)

-- What GitHub says of the pull request itself comes from its own record where there is one.
select
    candidates.repo_id,
    candidates.commit_sha,
    candidates.pr_number,
    candidates.trace,
    coalesce(pulls.base_ref, associations.base_ref) as base_ref,
    coalesce(pulls.is_merged, associations.is_merged, false) as is_merged,
    coalesce(pulls.merged_at, associations.merged_at) as merged_at,
    coalesce(pulls.merge_commit_sha, associations.merge_commit_sha) as merge_commit_sha,
    pulls.pr_number is not null as is_extracted
from candidates
left join {{ ref('fct_pull_request') }} as pulls
    on candidates.repo_id = pulls.repo_id
    and candidates.pr_number = pulls.pr_number
left join associations
    on candidates.repo_id = associations.repo_id
    and candidates.commit_sha = associations.commit_sha
    and candidates.pr_number = associations.pr_number
