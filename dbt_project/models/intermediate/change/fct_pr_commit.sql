with commits as (
    select commits.*
    from {{ ref('stg_github__pull_request_commits') }} as commits
    inner join {{ ref('int_pull_request_records') }} as newest
        on commits._run_id = newest._run_id
        and commits._seq = newest._seq
        and commits.repo_id = newest.repo_id
        and commits.pr_number = newest.pr_number
    where commits.commit_sha is not null
    qualify row_number() over (
        partition by commits.repo_id, commits.pr_number, commits.commit_sha order by commits.commit_index desc
    ) = 1
),

parents as (
    select repo_id, pr_number, commit_sha, {{ unpacked('parent_shas') }} as parent_sha from commits
),

-- A pull request lists what its base does not have: a parent outside the list was on the base already.
own_parents as (
    select parents.repo_id, parents.pr_number, parents.commit_sha, count(*) as parents_inside
    from parents
    inner join commits
        on parents.repo_id = commits.repo_id
        and parents.pr_number = commits.pr_number
        and parents.parent_sha = commits.commit_sha
    group by parents.repo_id, parents.pr_number, parents.commit_sha
),

authors as (
    select repo_id, pr_number, commit_sha, {{ sorted_set('author_key') }} as author_keys
    from {{ ref('int_pr_commit_authors') }}
    group by repo_id, pr_number, commit_sha
)

select
    commits.repo_id,
    commits.pr_number,
    commits.commit_sha,
    commits.commit_index,
    commits.parent_shas,
    coalesce(authors.author_keys, {{ empty_list() }}) as author_keys,
    authors.author_keys is null as is_author_unknown,
    {{ list_count('commits.parent_shas') }} >= 2 and coalesce(own_parents.parents_inside, 0) <= 1 as is_base_merge,
    -- Commits come in pushes: one that was never a tip arrived with the next one that was.
    min(pushes.pushed_at) over (
        partition by commits.repo_id, commits.pr_number
        order by commits.commit_index
        rows between current row and unbounded following
    ) as pushed_at,
    commits.committed_at
from commits
left join own_parents using (repo_id, pr_number, commit_sha)
left join authors using (repo_id, pr_number, commit_sha)
left join {{ ref('int_commit_pushes') }} as pushes
    on commits.repo_id = pushes.repo_id
    and commits.commit_sha = pushes.commit_sha
