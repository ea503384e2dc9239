-- Completeness of the branches: each in-scope repository's production branches, counted from the listings, have a row.
with repositories as (
    select repo_id, full_name, default_branch
    from {{ ref('stg_github__repositories') }}
    where _day = {{ as_of_day() }} and repo_id is not null
),

listings as (
    select
        repo_id,
        max(case when branch is not null then 1 else 0 end) = 1 as has_branches,
        max(case when error_status in (401, 403) then 1 else 0 end) = 1 as is_refused
    from {{ ref('stg_github__branches') }}
    where _day = {{ as_of_day() }}
    group by repo_id
),

expected as (
    select repositories.repo_id, repositories.default_branch as branch
    from repositories
    left join listings using (repo_id)
    where coalesce(listings.has_branches or listings.is_refused, true)
    union
    select branches.repo_id, branches.branch
    from {{ ref('stg_github__branches') }} as branches
    inner join {{ ref('int_repo_branches') }} as named
        on branches.repo_id = named.repo_id
        and branches.branch = named.branch
    where branches._day = {{ as_of_day() }} and named.kind = 'release'
)

select
    'branches_have_a_row' as check_name,
    repos.full_name as scope,
    cast(count(distinct expected.branch) as bigint) as expected,
    cast(count(distinct rows_found.branch) as bigint) as actual,
    count(distinct expected.branch) = count(distinct rows_found.branch) as passed,
    'Production branches that exist, against rows of the control.' as detail
from expected
inner join {{ ref('dim_repo') }} as repos using (repo_id)
left join (
    select split_part(entity_key, '|', 1) as repo_id, branch
    from {{ ref('ctl_cm_02__production_branches_are_protected') }}
    where result <> 'excluded'
) as rows_found
    on expected.repo_id = rows_found.repo_id
    and expected.branch = rows_found.branch
where repos.in_scope
group by repos.full_name
