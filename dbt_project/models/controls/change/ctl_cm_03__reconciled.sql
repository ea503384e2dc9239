-- Completeness of the merged pull requests: GitHub's own count month by month, the commits on the branches, and the
-- parts of each pull request that the verdict rests on.
with counts as (
    select counts.*
    from {{ ref('stg_github__merged_pull_counts') }} as counts
    inner join {{ ref('int_repo_branches') }} as named
        on counts.repo_id = named.repo_id
        and counts.base_ref = named.branch
    inner join {{ ref('dim_repo') }} as repos on counts.repo_id = repos.repo_id
    cross join {{ ref('dim_engagement') }} as engagement
    where repos.in_scope
        and counts.from_at >= cast(engagement.window_start as timestamp)
    -- Months are counted anew every night; the count taken last stands.
    qualify row_number() over (
        partition by counts.repo_id, counts.base_ref, counts.from_at order by counts._day desc, counts._seq desc
    ) = 1
),

merged as (
    select
        counts.repo_id,
        counts.base_ref,
        max(counts.repo_full_name) as repo_full_name,
        sum(counts.found) as actual
    from (
        select
            counts.repo_id,
            counts.base_ref,
            counts.repo_full_name,
            counts.from_at,
            count(pulls.pr_number) as found
        from counts
        left join {{ ref('fct_pull_request') }} as pulls
            on counts.repo_id = pulls.repo_id
            and counts.base_ref = pulls.base_ref
            and pulls.is_merged
            and pulls.merged_at >= counts.from_at
            and pulls.merged_at < counts.until_at
        group by counts.repo_id, counts.base_ref, counts.repo_full_name, counts.from_at
    ) as counts
    group by counts.repo_id, counts.base_ref
),

expected as (
    select repo_id, base_ref, sum(merged_count) as expected
    from counts
    group by repo_id, base_ref
),

-- Only branches that exist can be counted; a renamed one is searched under its new name.
branches as (
    select distinct named.repo_id, named.branch, repos.full_name
    from {{ ref('int_repo_branches') }} as named
    inner join {{ ref('dim_repo') }} as repos on named.repo_id = repos.repo_id
    inner join {{ ref('stg_github__branches') }} as listed
        on named.repo_id = listed.repo_id
        and named.branch = listed.branch
        and listed._day = (select max(_day) from {{ ref('stg_github__branches') }})
    where repos.in_scope and named.kind <> 'former_default'
),

pulls as (
    select * from {{ ref('fct_pull_request') }} where is_production_change and in_scope
),

reviews as (
    select repo_id, pr_number, count(*) as found from {{ ref('fct_pr_review') }} group by repo_id, pr_number
),

commits as (
    select repo_id, pr_number, count(*) as found from {{ ref('fct_pr_commit') }} group by repo_id, pr_number
),

parts as (
    select
        sum(coalesce(pulls.reviews_count, 0)) as reviews_expected,
        sum(coalesce(reviews.found, 0)) as reviews_actual,
        sum(coalesce(pulls.commits_count, 0)) as commits_expected,
        sum(coalesce(commits.found, 0)) as commits_actual,
        count(*) as pulls
    from pulls
    left join reviews using (repo_id, pr_number)
    left join commits using (repo_id, pr_number)
),

refused as (
    select count(distinct pulls.repo_id) as repositories
    from {{ ref('stg_github__pull_requests') }} as pulls
    inner join {{ ref('dim_repo') }} as repos using (repo_id)
    where pulls.error_code is not null
        and repos.in_scope
        and pulls._day = (select max(_day) from {{ ref('stg_github__pull_requests') }})
),

unlisted as (
    select
        count(distinct commits.repo_id || '#' || commits.pr_number) as expected,
        count(distinct pulls.repo_id || '#' || pulls.pr_number) as actual
    from {{ ref('fct_branch_commit') }} as commits
    left join {{ ref('fct_pull_request') }} as pulls
        on commits.repo_id = pulls.repo_id
        and commits.pr_number = pulls.pr_number
    where commits.in_scope and commits.pr_number is not null
)

select
    'merged_pull_requests_counted' as check_name,
    branches.full_name || '@' || branches.branch as scope,
    cast(expected.expected as bigint) as expected,
    cast(merged.actual as bigint) as actual,
    expected.expected = merged.actual as passed,
    'Merged into the branch since the window began, by GitHub''s search, against pull requests read.' as detail
from branches
left join expected
    on branches.repo_id = expected.repo_id
    and branches.branch = expected.base_ref
left join merged
    on branches.repo_id = merged.repo_id
    and branches.branch = merged.base_ref

union all

{{ counts_agree('pull_requests_of_commits_read', 'organisation', 'expected', 'actual', 'Pull requests that account for commits on production branches, against those read.') }}
from unlisted

union all

{{ counts_agree('reviews_read', 'organisation', 'reviews_expected', 'reviews_actual', 'Reviews that GitHub counts on the merged pull requests, against reviews read.') }}
from parts
where pulls > 0

union all

{{ counts_agree('commits_read', 'organisation', 'commits_expected', 'commits_actual', 'Commits that GitHub counts on the merged pull requests, against commits read.') }}
from parts
where pulls > 0

union all

select
    'repositories_refused' as check_name,
    'organisation' as scope,
    cast(0 as bigint) as expected,
    cast(repositories as bigint) as actual,
    repositories = 0 as passed,
    'In-scope repositories whose pull requests were refused.' as detail
from refused

union all

-- Only stands here when it holds: with merged pull requests there is nothing to prove.
select
    'no_new_commits' as check_name,
    'organisation' as scope,
    cast(0 as bigint) as expected,
    cast(0 as bigint) as actual,
    true as passed,
    'No production branch got a commit in the window, so no pull request can have been merged.' as detail
from {{ ref('ctl_cm_01__reconciled') }} as unchanged
where unchanged.check_name = 'branch_heads_unchanged'
    and unchanged.passed
    and not exists (select 1 from pulls)
