-- What the register of emergency changes says, beside each thing that its reference names: a pull request, the commits and
-- deployments that came with it, a cloud event or a ref update.
with register as (
    select *, lower(trim(change_ref)) as ref
    from ({{ newest(ref('stg_registers__emergency_changes')) }}) as listed
),

commits as (
    select repo_id, repo_full_name, commit_sha, author_key, pushed_at, pr_number
    from {{ ref('fct_branch_commit') }}
    qualify row_number() over (partition by repo_id, commit_sha order by pushed_at, branch) = 1
),

deployments as (
    select
        deployments.deployment_id,
        deployments.sha,
        deployments.digest,
        deployments.repo_full_name || '#' || commits.pr_number as pull_ref,
        commits.author_key,
        coalesce(deployments.started_at, deployments.created_at) as occurred_at
    from {{ ref('fct_deployment') }} as deployments
    left join commits on commits.repo_id = deployments.repo_id and commits.commit_sha = deployments.sha
),

named as (
    select repo_full_name || '#' || pr_number as ref, 'pull_request' as kind, repo_full_name || '#' || pr_number as object_key, author_key, merged_at as occurred_at
    from {{ ref('fct_pull_request') }}
    union all
    select merge_commit_sha, 'pull_request', repo_full_name || '#' || pr_number, author_key, merged_at from {{ ref('fct_pull_request') }}
    union all
    select commit_sha, 'commit', commit_sha, author_key, pushed_at from commits
    union all
    select repo_full_name || '#' || pr_number, 'commit', commit_sha, author_key, pushed_at from commits
    union all
    select deployment_id, 'deployment', deployment_id, author_key, occurred_at from deployments
    union all
    select sha, 'deployment', deployment_id, author_key, occurred_at from deployments
    union all
    select digest, 'deployment', deployment_id, author_key, occurred_at from deployments
    union all
    select pull_ref, 'deployment', deployment_id, author_key, occurred_at from deployments
    union all
    select change_event_id, 'cloud_event', change_event_id, null, occurred_at from {{ ref('fct_production_change') }} where kind = 'cloud_event'
    union all
    select event_id, 'ref_update', event_id, null, occurred_at from {{ ref('fct_ref_update') }}
    union all
    select after_sha, 'ref_update', event_id, null, occurred_at from {{ ref('fct_ref_update') }} where not {{ is_no_commit('after_sha') }}
    union all
    select event_id, 'commit', after_sha, null, occurred_at from {{ ref('fct_ref_update') }} where not {{ is_no_commit('after_sha') }}
    union all
    select after_sha, 'commit', after_sha, null, occurred_at from {{ ref('fct_ref_update') }} where not {{ is_no_commit('after_sha') }}
    union all
    select event_id, 'ref_event', event_id, null, occurred_at from {{ ref('stg_github__audit_log') }} where event_id is not null
),

matched as (
    select distinct register.ref, named.kind, named.object_key, named.author_key, named.occurred_at
    from register
    inner join named on lower(named.ref) = register.ref
),

authors as (
    select ref, {{ sorted_set('author_key') }} as author_keys
    from matched
    group by ref
),

people as (select * from {{ ref('int_person_refs') }}),

resolved as (
    select
        register.*,
        declarers.person_key as declared_by_key,
        approvers.person_key as approver_key,
        reviewers.person_key as retro_reviewer_key,
        -- Nobody is known to have written a change in the cloud: then whoever declared it counts as the one who made it.
        case
            when {{ list_count('authors.author_keys') }} > 0 then authors.author_keys
            else {{ list_of('declarers.person_key') }}
        end as author_keys
    from register
    left join authors on authors.ref = register.ref
    left join people as declarers on declarers.ref = register.declared_by
    left join people as approvers on approvers.ref = register.approver_id
    left join people as reviewers on reviewers.ref = register.retro_reviewer_id
)

select
    resolved.change_ref,
    matched.kind,
    matched.object_key,
    matched.occurred_at,
    resolved.declared_at,
    resolved.declared_by_key,
    nullif(trim(resolved.justification), '') as justification,
    resolved.approver_id,
    resolved.approver_key,
    resolved.approved_at,
    resolved.incident_id,
    coalesce(resolved.waiver, false) as is_waiver,
    resolved.approved_at is not null
        and resolved.approver_id is not null
        and not {{ item_in('resolved.approver_key', 'resolved.author_keys') }} as is_approved,
    resolved.approver_id is not null and resolved.approver_key is null as is_approver_unresolved,
    resolved.retro_review_at,
    resolved.retro_reviewer_id is not null
        and not {{ item_in('resolved.retro_reviewer_key', 'resolved.author_keys') }} as is_retro_independent,
    resolved.retro_reviewer_id is not null and resolved.retro_reviewer_key is null as is_retro_reviewer_unresolved,
    case when resolved.postmortem_uri is not null then resolved.postmortem_at end as postmortem_at,
    resolved.postmortem_uri
from resolved
left join matched on matched.ref = resolved.ref
qualify row_number() over (
    partition by resolved.change_ref, matched.kind, matched.object_key order by matched.occurred_at, matched.author_key
) = 1
