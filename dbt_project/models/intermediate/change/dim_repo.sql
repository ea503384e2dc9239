-- Repositories ever seen: one that was archived, renamed or deleted keeps its events in scope.
with snapshots as (
    select * from {{ ref('stg_github__repositories') }} where repo_id is not null
),

newest_seen as (
    select *
    from snapshots
    qualify row_number() over (partition by repo_id order by _day desc, _seq desc) = 1
),

lifetimes as (
    select repo_id, min(_day) as first_seen_on, max(_day) as last_seen_on
    from snapshots
    group by repo_id
),

-- The register names repositories by path; a renamed one may still stand there under its earlier name.
registered as (
    select names.repo_id, register.*
    from ({{ newest(ref('stg_registers__repositories')) }}) as register
    inner join (select repo_id, full_name, max(_day) as named_until from snapshots group by repo_id, full_name) as names
        on register.full_name = names.full_name
    qualify row_number() over (partition by names.repo_id order by names.named_until desc) = 1
),

branches as (
    select repo_id, {{ sorted_set('branch') }} as production_branches
    from {{ ref('int_repo_branches') }}
    group by repo_id
)

select
    newest_seen.repo_id,
    newest_seen.full_name,
    newest_seen.default_branch,
    coalesce(branches.production_branches, {{ empty_list() }}) as production_branches,
    not (
        (registered.in_scope = false and registered.exclusion_reason is not null)
        or (newest_seen.is_fork and coalesce(registered.in_scope, false) = false)
    ) as in_scope,
    case
        when registered.in_scope = false and registered.exclusion_reason is not null then registered.exclusion_reason
        when newest_seen.is_fork and coalesce(registered.in_scope, false) = false
            then 'fork of another repository: its production branch lives there'
    end as exclusion_reason,
    registered.repo_id is not null as is_registered,
    coalesce(newest_seen.is_archived, false) as is_archived,
    coalesce(newest_seen.is_fork, false) as is_fork,
    lifetimes.last_seen_on < (select max(_day) from snapshots) as is_deleted,
    newest_seen.visibility,
    coalesce(registered.service, newest_seen.name) as service,
    owners.person_key as owner_key,
    newest_seen.created_at,
    lifetimes.first_seen_on,
    lifetimes.last_seen_on
from newest_seen
inner join lifetimes using (repo_id)
left join registered using (repo_id)
left join branches using (repo_id)
left join {{ ref('int_person_refs') }} as owners on registered.owner_id = owners.ref
