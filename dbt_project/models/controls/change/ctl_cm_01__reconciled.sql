-- Completeness of the commits: the updates form an unbroken chain that ends at today's head, every commit between
-- them was read, and every repository answered.
with updates as (
    select * from {{ ref('int_production_updates') }} where in_scope
),

chains as (
    select
        repo_id,
        repo_full_name,
        branch,
        count(*) as expected,
        sum(
            case
                when previous_after_sha is null then 1
                when previous_after_sha = before_sha then 1
                when {{ is_no_commit('previous_after_sha') }} and {{ is_no_commit('before_sha') }} then 1
                else 0
            end
        ) as actual
    from updates
    where is_in_window
    group by repo_id, repo_full_name, branch
),

compares as (
    select
        updates.repo_full_name,
        updates.branch,
        sum(compares.total_commits) as expected,
        sum(listed.commits) as actual
    from updates
    inner join {{ ref('int_update_compares') }} as compares
        on updates.repo_id = compares.repo_id
        and updates.ref = compares.ref
        and updates.before_sha = compares.before_sha
        and updates.after_sha = compares.after_sha
        and compares.error_code is null
    left join (
        select event_id, count(*) as commits
        from {{ ref('int_update_commits') }}
        where is_listed
        group by event_id
    ) as listed using (event_id)
    where updates.is_in_window
        and not updates.is_baseline
        and updates.before_sha is distinct from updates.after_sha
        and updates.activity_type <> 'branch_deletion'
    group by updates.repo_full_name, updates.branch
),

newest_day as (
    select max(_day) as day from {{ ref('stg_github__repositories') }}
),

refused as (
    select distinct updates.repo_id
    from {{ ref('stg_github__ref_updates') }} as updates
    where updates.error_code is not null
        and updates._day = (select max(_day) from {{ ref('stg_github__ref_updates') }})
),

repositories as (
    select
        count(distinct snapshot.repo_id) - count(distinct case when not repos.in_scope then snapshot.repo_id end) as expected,
        count(distinct case when repos.in_scope and refused.repo_id is null then snapshot.repo_id end) as actual
    from {{ ref('stg_github__repositories') }} as snapshot
    inner join newest_day on snapshot._day = newest_day.day
    left join {{ ref('dim_repo') }} as repos using (repo_id)
    left join refused using (repo_id)
    where snapshot.repo_id is not null
),

heads as (
    select branches.repo_id, repos.full_name as repo_full_name, branches.branch, branches.head_sha, branches._day
    from {{ ref('stg_github__branches') }} as branches
    inner join {{ ref('int_repo_branches') }} as named
        on branches.repo_id = named.repo_id
        and branches.branch = named.branch
    inner join {{ ref('dim_repo') }} as repos on branches.repo_id = repos.repo_id
    where repos.in_scope and branches.branch is not null
),

current_heads as (
    select * from heads where _day = (select max(_day) from {{ ref('stg_github__branches') }})
),

last_updates as (
    select repo_id, branch, after_sha
    from updates
    qualify row_number() over (partition by repo_id, branch order by position desc) = 1
),

moved as (
    select count(*) as moved_heads
    from (
        select repo_id, branch
        from heads
        group by repo_id, branch
        having count(distinct head_sha) > 1
    ) as changed
),

collected as (
    select min(window_start) as collected_from
    from {{ source('meta', 'extract_runs') }}
    where source_id = 'github.ref_updates' and status in ('complete', 'partial')
)

select
    'ref_updates_unbroken' as check_name,
    repo_full_name || '@' || branch as scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    expected = actual as passed,
    'Updates in the window whose commit before is the commit after of the update before them.' as detail
from chains

union all

select
    'commits_counted' as check_name,
    repo_full_name || '@' || branch as scope,
    cast(expected as bigint) as expected,
    cast(coalesce(actual, 0) as bigint) as actual,
    expected = coalesce(actual, 0) as passed,
    'Commits that GitHub counts between before and after of all updates, against commits read.' as detail
from compares

union all

select
    'branch_head_reached' as check_name,
    current_heads.repo_full_name || '@' || current_heads.branch as scope,
    cast(1 as bigint) as expected,
    cast(case when current_heads.head_sha = last_updates.after_sha then 1 else 0 end as bigint) as actual,
    current_heads.head_sha = last_updates.after_sha as passed,
    'The head of the branch is the commit that its last update left behind.' as detail
from current_heads
inner join last_updates using (repo_id, branch)

union all

{{ counts_agree('repositories_read', 'organisation', 'expected', 'actual', 'Repositories of the organisation less those excluded with a reason, against those whose activity was read.') }}
from repositories

union all

-- Only stands here when it holds: with commits in the window there is nothing to prove.
select
    'branch_heads_unchanged' as check_name,
    'organisation' as scope,
    cast(0 as bigint) as expected,
    cast(moved.moved_heads as bigint) as actual,
    true as passed,
    'No production branch moved: no update since the window began, and every snapshot shows the same heads.' as detail
from moved
cross join collected
cross join {{ ref('dim_engagement') }} as engagement
where moved.moved_heads = 0
    and collected.collected_from <= cast(engagement.window_start as timestamp)
    and not exists (select 1 from {{ ref('int_update_commits') }} where in_scope)
