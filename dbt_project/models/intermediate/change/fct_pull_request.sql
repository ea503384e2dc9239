with records as (
    select pulls.*
    from {{ ref('stg_github__pull_requests') }} as pulls
    inner join {{ ref('int_pull_request_records') }} as newest
        on pulls._run_id = newest._run_id
        and pulls._seq = newest._seq
        and pulls.repo_id = newest.repo_id
        and pulls.pr_number = newest.pr_number
),

-- A bot acts for somebody: who, the register says, for one repository or for all.
sponsors as (
    select
        records.repo_id,
        records.pr_number,
        {{ sorted_set("coalesce(people.person_key, 'unresolved:' || sponsors.sponsor_id)") }} as sponsor_keys
    from records
    inner join ({{ newest(ref('stg_registers__bot_sponsors')) }}) as sponsors
        on replace(lower(records.author_login), '[bot]', '') = replace(lower(sponsors.bot_login), '[bot]', '')
        and coalesce(sponsors.repo, '*') in ('*', records.repo_full_name)
    left join {{ ref('int_person_refs') }} as people on sponsors.sponsor_id = people.ref
    where {{ is_github_bot('records.author_login', 'records.author_type') }}
    group by records.repo_id, records.pr_number
)

select
    records.repo_id,
    records.pr_number,
    coalesce(repos.full_name, records.repo_full_name) as repo_full_name,
    records.title,
    records.url,
    records.state,
    records.author_login,
    records.author_id,
    records.author_type,
    {{ github_identity('authors.person_key', 'records.author_id', 'records.author_login') }} as author_key,
    {{ is_github_bot('records.author_login', 'records.author_type') }} or coalesce(authors.is_service, false) as is_bot_author,
    coalesce(sponsors.sponsor_keys, {{ empty_list() }}) as sponsor_keys,
    records.author_association,
    records.base_ref,
    records.head_ref,
    records.head_repo_id,
    records.is_cross_repository,
    records.is_draft,
    records.is_merged,
    records.head_sha as head_sha_at_merge,
    records.merge_commit_sha,
    records.created_at,
    records.closed_at,
    records.merged_at,
    records.merged_by_login,
    records.merged_by_id,
    {{ github_identity('mergers.person_key', 'records.merged_by_id', 'records.merged_by_login') }} as merged_by_key,
    records.auto_merge_by,
    records.labels,
    records.changed_files,
    records.body,
    records.reviews_count,
    records.commits_count,
    branches.branch is not null as is_production_base,
    coalesce(repos.in_scope, true) as in_scope,
    repos.exclusion_reason,
    repos.owner_key,
    coalesce(
        records.is_merged
        and branches.branch is not null
        and records.merged_at >= cast(engagement.window_start as timestamp)
        and records.merged_at <= {{ as_of() }},
        false
    ) as is_production_change
from records
cross join {{ ref('dim_engagement') }} as engagement
left join {{ ref('dim_repo') }} as repos using (repo_id)
left join {{ ref('int_repo_branches') }} as branches
    on records.repo_id = branches.repo_id
    and records.base_ref = branches.branch
left join {{ ref('int_github_accounts') }} as authors on records.author_id = authors.account_id
left join {{ ref('int_github_accounts') }} as mergers on records.merged_by_id = mergers.account_id
left join sponsors
    on records.repo_id = sponsors.repo_id
    and records.pr_number = sponsors.pr_number
