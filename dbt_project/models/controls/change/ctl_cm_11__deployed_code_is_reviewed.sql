with deployed as (
    select * from {{ ref('fct_deployed_commit') }}
),

arrivals as (
    select commit_sha, branch, repo, result, codes
    from {{ ref('ctl_cm_01__commits_came_through_pull_requests') }}
),

pulls as (
    select distinct repo_id, branch, commit_sha, pr_number
    from {{ ref('fct_branch_commit') }}
    where pr_number is not null
    qualify row_number() over (partition by repo_id, branch, commit_sha order by pr_number) = 1
),

approvals as (
    select repo, pr_number, result, codes
    from {{ ref('ctl_cm_03__merges_were_independently_approved') }}
),

assessed as (
    select
        deployed.*,
        pulls.pr_number,
        arrivals.result as arrival,
        approvals.result as approval,
        arrivals.result = 'exception' or coalesce(approvals.result = 'exception', false) as is_unreviewed,
        -- A commit whose companions could not be listed is CM-01's to call unknown.
        deployed.is_new and (
            arrivals.result is null
            or arrivals.result = 'unknown'
            or coalesce(approvals.result = 'unknown', false)
            -- A pull request that CM-03 did not judge shows no approval.
            or (pulls.pr_number is not null and approvals.result is null)
        ) as is_review_unknown
    from deployed
    left join arrivals
        on arrivals.repo = deployed.repo_full_name
        and arrivals.branch = deployed.branch
        and arrivals.commit_sha = deployed.commit_sha
    left join pulls
        on pulls.repo_id = deployed.repo_id
        and pulls.branch = deployed.branch
        and pulls.commit_sha = deployed.commit_sha
    left join approvals on approvals.repo = deployed.repo_full_name and approvals.pr_number = pulls.pr_number
),

judged as (
    select
        *,
        {{ codes([
            ('UNMERGED_REF', 'not is_on_branch and is_known_elsewhere'),
            ('UNREVIEWED_COMMIT_DEPLOYED', 'is_on_branch and is_new and coalesce(is_unreviewed, false)'),
            ('SHA_UNKNOWN', 'not is_on_branch and not is_known_elsewhere'),
        ]) }} as codes,
        is_on_branch and (is_maybe_rewritten or is_review_unknown) as is_unknown,
        not in_scope as is_excluded
    from assessed
)

select
    deployment_id || '|' || coalesce(commit_sha, 'none') as entity_key,
    coalesce(service, repo_full_name) || ' ' || left(coalesce(commit_sha, ''), 7) as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_excluded') }} as result,
    codes,
    case
        when is_excluded then 'The repository is out of scope: ' || coalesce(exclusion_reason, 'no reason given') || '.'
        when not is_on_branch and is_known_elsewhere then 'The deployed commit had not reached a production branch.'
        when not is_on_branch then 'The deployed commit is in no branch, pull request or check that is known.'
        when is_new and is_unreviewed
            then case
                when arrival = 'exception' then 'The commit did not come through a merged pull request (CM-01).'
                else 'Pull request ' || cast(pr_number as varchar) || ' was not independently approved (CM-03).'
            end
        when is_maybe_rewritten then 'History was rewritten after the commit arrived: whether it was still on the branch is not known.'
        when is_review_unknown then 'Whether the commit was reviewed could not be judged.'
        when not is_new and is_repeated then 'Brought nothing new: the commit had been deployed before.'
        when not is_new then 'Brought nothing that reached the branch in the window.'
        else 'Came with ' || coalesce('pull request ' || cast(pr_number as varchar), 'an exempt change') || '.'
    end as reason,
    deployment_id,
    service,
    sha,
    ref,
    commit_sha,
    pr_number,
    previous_deployment_id,
    is_first
from judged
