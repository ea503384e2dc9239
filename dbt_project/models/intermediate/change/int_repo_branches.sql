-- The names a repository's production branches have had. A default branch that was renamed is followed under both
-- names: from snapshots where they saw it, else from the trace a rename leaves in the activity (one name deleted and
-- a production branch created on the same commit within minutes).
with repositories as (
    select repo_id, full_name, default_branch, _day
    from {{ ref('stg_github__repositories') }}
    where repo_id is not null
),

registered as (
    select
        full_name,
        {{ unpacked('release_branches') }} as pattern
    from ({{ newest(ref('stg_registers__repositories')) }}) as register
),

default_branches as (
    select
        repo_id,
        default_branch as branch,
        case
            when default_branch = last_value(default_branch) over (
                partition by repo_id order by _day rows between unbounded preceding and unbounded following
            ) then 'default'
            else 'former_default'
        end as kind
    from repositories
    where default_branch is not null
),

known_branches as (
    select distinct repo_id, branch from {{ ref('stg_github__branches') }} where branch is not null
    union
    select distinct repo_id, branch from {{ ref('fct_ref_update') }} where branch is not null
),

release_branches as (
    select known_branches.repo_id, known_branches.branch, 'release' as kind
    from known_branches
    inner join (select distinct repo_id, full_name from repositories) as names using (repo_id)
    inner join registered
        on names.full_name = registered.full_name
        and {{ matches_pattern('known_branches.branch', 'registered.pattern') }}
),

named as (
    select distinct repo_id, branch, kind from default_branches
    union
    select repo_id, branch, kind from release_branches
),

renamed as (
    select distinct deletion.repo_id, deletion.branch, 'former_default' as kind
    from {{ ref('fct_ref_update') }} as deletion
    inner join {{ ref('fct_ref_update') }} as creation
        on deletion.repo_id = creation.repo_id
        and deletion.before_sha = creation.after_sha
        and abs({{ seconds_between('deletion.occurred_at', 'creation.occurred_at') }}) <= 300
    inner join named
        on creation.repo_id = named.repo_id
        and creation.branch = named.branch
        and named.kind = 'default'
    where deletion.activity_type = 'branch_deletion'
        and creation.activity_type = 'branch_creation'
        and deletion.branch <> creation.branch
)

select repo_id, branch, kind
from (select * from named union all select * from renamed) as all_names
qualify row_number() over (
    partition by repo_id, branch order by case kind when 'default' then 0 when 'release' then 1 else 2 end
) = 1
