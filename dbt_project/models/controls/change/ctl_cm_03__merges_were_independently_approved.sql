with pulls as (
    select * from {{ ref('fct_pull_request') }} where is_production_change
),

commits as (
    select commits.*
    from {{ ref('fct_pr_commit') }} as commits
    inner join pulls using (repo_id, pr_number)
),

-- A commit that only merges the base brings in what was reviewed on its own way to the base.
reviewable as (
    select *
    from commits
    where not (is_base_merge and {{ param('base_merge_commits_ok') }})
),

last_reviewable as (
    select repo_id, pr_number, commit_sha, commit_index, pushed_at
    from reviewable
    qualify row_number() over (partition by repo_id, pr_number order by commit_index desc) = 1
),

unknown_authors as (
    select repo_id, pr_number, count(*) as commits
    from reviewable
    where is_author_unknown
    group by repo_id, pr_number
),

last_pushes as (
    select repo_id, pr_number, max(pushed_at) as last_push_at
    from commits
    group by repo_id, pr_number
),

force_pushes as (
    select events.repo_id, events.pr_number, events.occurred_at
    from {{ ref('stg_github__pull_request_events') }} as events
    inner join {{ ref('int_pull_request_records') }} as newest
        on events._run_id = newest._run_id
        and events._seq = newest._seq
        and events.repo_id = newest.repo_id
        and events.pr_number = newest.pr_number
    where events.event_type = 'HeadRefForcePushedEvent'
),

-- Whoever made the change: opened it, sponsors the bot that did, or wrote a commit of it.
makers as (
    select repo_id, pr_number, author_key as maker_key from pulls where author_key is not null
    union
    select repo_id, pr_number, {{ unpacked('sponsor_keys') }} as maker_key from pulls
    {% if param_value('exclude_commit_authors') -%}
    union
    select repo_id, pr_number, {{ unpacked('author_keys') }} as maker_key from reviewable
    {%- endif %}
),

reviews as (
    select
        reviews.*,
        pulls.merged_at,
        case
            when reviews.dismissed_at <= pulls.merged_at then 'DISMISSED'
            else reviews.submitted_state
        end as state_at_merge
    from {{ ref('fct_pr_review') }} as reviews
    inner join pulls using (repo_id, pr_number)
    where reviews.submitted_at is not null
        and reviews.submitted_at <= {{ as_of() }}
),

-- The reviewer's latest word at the merge. A comment is no word, and a dismissal does not bring back an older one.
effective as (
    select *
    from reviews
    where submitted_at <= merged_at
        and state_at_merge in ('APPROVED', 'CHANGES_REQUESTED', 'DISMISSED')
    qualify row_number() over (
        partition by repo_id, pr_number, coalesce(reviewer_id, reviewer_login, review_id)
        order by submitted_at desc, try_cast(review_id as bigint) desc
    ) = 1
),

approvals as (
    select repo_id, pr_number, review_id, true as is_before_merge from effective where state_at_merge = 'APPROVED'
    union all
    select repo_id, pr_number, review_id, false as is_before_merge
    from reviews
    where submitted_at > merged_at and submitted_state = 'APPROVED'
),

assessed as (
    select
        approvals.repo_id,
        approvals.pr_number,
        approvals.review_id,
        approvals.is_before_merge,
        reviews.reviewer_login,
        reviews.reviewer_key,
        reviews.commit_sha,
        reviews.submitted_at,
        reviews.is_bot_reviewer and not {{ param('bot_approvals_count') }} as is_bot,
        makers.maker_key is not null as is_self,
        -- Covers the last reviewable commit: given on it or on a later base merge, and no rewrite since.
        case
            when not {{ param('require_last_push_approval') }} then true
            when approvals.is_before_merge and force_pushes.occurred_at is not null then false
            when reviews.commit_sha = pulls.head_sha_at_merge then true
            when reviews.commit_sha is not null then coalesce(reviewed.commit_index >= last_reviewable.commit_index, false)
            when last_reviewable.pushed_at is not null then reviews.submitted_at >= last_reviewable.pushed_at
        end as is_covering,
        (reviews.is_bot_reviewer and {{ param('bot_approvals_count') }})
            or (
                employed.person_key is not null
                and (
                    {{ item_in('reviews.reviewer_association', param('required_reviewer_association')) }}
                    -- Who has left since shows as a stranger today, which says nothing of then.
                    or coalesce(employed.end_effective_at <= {{ as_of() }}, false)
                )
            ) as is_resolved
    from approvals
    inner join reviews using (repo_id, pr_number, review_id)
    inner join pulls using (repo_id, pr_number)
    left join makers
        on approvals.repo_id = makers.repo_id
        and approvals.pr_number = makers.pr_number
        and reviews.reviewer_key = makers.maker_key
    left join last_reviewable
        on approvals.repo_id = last_reviewable.repo_id
        and approvals.pr_number = last_reviewable.pr_number
    left join commits as reviewed
        on approvals.repo_id = reviewed.repo_id
        and approvals.pr_number = reviewed.pr_number
        and reviews.commit_sha = reviewed.commit_sha
    left join force_pushes
        on approvals.repo_id = force_pushes.repo_id
        and approvals.pr_number = force_pushes.pr_number
        and force_pushes.occurred_at > reviews.submitted_at
        and force_pushes.occurred_at <= pulls.merged_at
    -- Employed when the review was given: who left yesterday approved as one of us last week.
    left join {{ ref('dim_employment_spell') }} as employed
        on reviews.reviewer_key = employed.person_key
        and employed.start_effective_at <= reviews.submitted_at
        and (employed.end_effective_at is null or employed.end_effective_at > reviews.submitted_at)
    qualify row_number() over (partition by approvals.repo_id, approvals.review_id order by employed.spell_id, force_pushes.occurred_at) = 1
),

weighed as (
    select
        *,
        not is_bot and not is_self and is_resolved as is_independent,
        not is_bot and not is_self and is_resolved and is_covering as is_valid
    from assessed
),

summaries as (
    select
        repo_id,
        pr_number,
        count(distinct case when is_before_merge and is_valid then reviewer_key end) as valid_approvals,
        count(case when is_before_merge and is_independent and is_covering is null then 1 end) as undecided_approvals,
        count(case when is_before_merge then 1 end) as approvals,
        count(case when is_before_merge and not is_bot then 1 end) as human_approvals,
        count(case when is_before_merge and not is_bot and not is_self then 1 end) as independent_approvals,
        count(case when is_before_merge and not is_bot and not is_self and coalesce(is_covering, true) then 1 end) as covering_approvals,
        count(case when is_before_merge and not is_bot and not is_self and coalesce(is_covering, true) and not is_resolved then 1 end) as unresolved_approvals,
        count(case when not is_before_merge and is_valid then 1 end) as late_approvals,
        {{ sorted_set('case when is_before_merge then reviewer_login end') }} as approvers,
        {{ sorted_set('case when is_before_merge and is_valid then reviewer_login end') }} as valid_approvers,
        {{ sorted_set('case when is_before_merge then commit_sha end') }} as approval_commit_ids
    from weighed
    group by repo_id, pr_number
),

objections as (
    select repo_id, pr_number, {{ sorted_set("coalesce(reviewer_login, 'a deleted account')") }} as objectors
    from effective
    where state_at_merge = 'CHANGES_REQUESTED'
    group by repo_id, pr_number
),

counted as (
    select
        pulls.*,
        coalesce(summaries.valid_approvals, 0) as valid_approvals,
        coalesce(summaries.approvals, 0) as approvals,
        coalesce(summaries.human_approvals, 0) as human_approvals,
        coalesce(summaries.independent_approvals, 0) as independent_approvals,
        coalesce(summaries.covering_approvals, 0) as covering_approvals,
        coalesce(summaries.unresolved_approvals, 0) as unresolved_approvals,
        coalesce(summaries.late_approvals, 0) as late_approvals,
        coalesce(summaries.undecided_approvals, 0) as undecided_approvals,
        coalesce(summaries.approvers, {{ empty_list() }}) as approvers,
        coalesce(summaries.valid_approvers, {{ empty_list() }}) as valid_approvers,
        coalesce(summaries.approval_commit_ids, {{ empty_list() }}) as approval_commit_ids,
        coalesce(objections.objectors, {{ empty_list() }}) as objectors,
        coalesce(unknown_authors.commits, 0) as unknown_authors,
        last_pushes.last_push_at
    from pulls
    left join summaries using (repo_id, pr_number)
    left join objections using (repo_id, pr_number)
    left join unknown_authors using (repo_id, pr_number)
    left join last_pushes using (repo_id, pr_number)
),

decided as (
    select
        *,
        valid_approvals >= {{ param('min_approvals') }} as is_approved,
        valid_approvals + undecided_approvals >= {{ param('min_approvals') }} and valid_approvals < {{ param('min_approvals') }} as is_undecided,
        {{ list_count('objectors') }} > 0 as has_objection
    from counted
),

-- One primary code says why no valid approval exists: the first of these that explains it.
explained as (
    select
        *,
        case
            when not in_scope or is_approved or is_undecided then null
            when late_approvals > 0 then 'APPROVED_AFTER_MERGE'
            when approvals > 0 and human_approvals = 0 then 'BOT_APPROVAL'
            when approvals > 0 and independent_approvals = 0 then 'SELF_APPROVAL'
            when approvals > 0 and covering_approvals = 0 then 'STALE_APPROVAL'
            when has_objection then 'CHANGES_REQUESTED_OUTSTANDING'
            when unresolved_approvals > 0 then 'APPROVER_UNRESOLVED'
            else 'NO_APPROVAL'
        end as primary_code
    from decided
),

final as (
    select
        *,
        -- An author nobody can name may be the approver: the approval is not shown to be independent.
        is_undecided or (is_approved and unknown_authors > 0 and {{ param('exclude_commit_authors') }}) as is_unknown,
        {{ codes([
            ('APPROVED_AFTER_MERGE', "primary_code = 'APPROVED_AFTER_MERGE'"),
            ('BOT_APPROVAL', "primary_code = 'BOT_APPROVAL'"),
            ('SELF_APPROVAL', "primary_code = 'SELF_APPROVAL'"),
            ('STALE_APPROVAL', "primary_code = 'STALE_APPROVAL'"),
            ('CHANGES_REQUESTED_OUTSTANDING', "primary_code = 'CHANGES_REQUESTED_OUTSTANDING' or (in_scope and is_approved and has_objection)"),
            ('APPROVER_UNRESOLVED', "primary_code = 'APPROVER_UNRESOLVED'"),
            ('NO_APPROVAL', "primary_code = 'NO_APPROVAL'"),
        ]) }} as codes
    from explained
),

reasoned as (
    select
        *,
        {{ row_result(unknown='is_unknown', excluded='not in_scope') }} as result,
        case
            when not in_scope then 'Repository is out of scope: ' || coalesce(exclusion_reason, 'no reason recorded') || '.'
            when primary_code = 'APPROVED_AFTER_MERGE' then 'The first valid approval came after the merge.'
            when primary_code = 'BOT_APPROVAL' then 'Only bots or apps approved it: ' || {{ listed('approvers') }} || '.'
            when primary_code = 'SELF_APPROVAL' then 'Approved only by people who made the change: ' || {{ listed('approvers') }} || '.'
            when primary_code = 'STALE_APPROVAL'
                then 'The approvals do not cover the last change that was merged: it was pushed or rewritten after ' || {{ listed('approvers') }} || ' approved.'
            when has_objection then 'Merged while ' || {{ listed('objectors') }} || ' requested changes'
                || case when is_approved then ', beside ' || valid_approvals || ' valid approval(s).' else '.' end
            when primary_code = 'APPROVER_UNRESOLVED'
                then 'The approver was not an active person with write access at the time: ' || {{ listed('approvers') }} || '.'
            when primary_code = 'NO_APPROVAL' and valid_approvals > 0
                then valid_approvals || ' of {{ param('min_approvals') }} required approvals at the merge.'
            when primary_code = 'NO_APPROVAL' then 'Nobody''s review at the merge was an approval.'
            when is_undecided then 'An approval names no commit and it is not known when the last commit was pushed, so it cannot be shown to cover it.'
            when is_unknown then unknown_authors || ' commit(s) have an author who is nobody known, so independence of the approval cannot be shown.'
            else 'Approved on the merged code by ' || {{ listed('approvers') }} || ' before the merge.'
        end as reason
    from final
)

select
    repo_id || '|' || pr_number as entity_key,
    repo_full_name || '#' || pr_number as entity_name,
    owner_key,
    result,
    codes,
    reason,
    repo_full_name as repo,
    pr_number,
    author_login as author,
    merged_by_login as merged_by,
    merged_at,
    head_sha_at_merge as head_sha,
    approvers,
    valid_approvers,
    approval_commit_ids,
    last_push_at
from reasoned
