-- GitHub shows a review as it stands today; whether it stood at the merge is rebuilt: from the dismissal in the
-- timeline, else from an earlier extract that still saw the review's own state.
with reviews as (
    select reviews.*
    from {{ ref('stg_github__reviews') }} as reviews
    inner join {{ ref('int_pull_request_records') }} as newest
        on reviews._run_id = newest._run_id
        and reviews._seq = newest._seq
        and reviews.repo_id = newest.repo_id
        and reviews.pr_number = newest.pr_number
    where reviews.review_id is not null
),

dismissals as (
    select
        events.repo_id,
        events.pr_number,
        events.review_id,
        events.previous_review_state,
        events.occurred_at as dismissed_at
    from {{ ref('stg_github__pull_request_events') }} as events
    inner join {{ ref('int_pull_request_records') }} as newest
        on events._run_id = newest._run_id
        and events._seq = newest._seq
        and events.repo_id = newest.repo_id
        and events.pr_number = newest.pr_number
    where events.event_type = 'ReviewDismissedEvent'
    qualify row_number() over (
        partition by events.repo_id, events.pr_number, events.review_id order by events.occurred_at desc
    ) = 1
),

seen_before as (
    select repo_id, review_id, state
    from {{ ref('stg_github__reviews') }}
    where state <> 'DISMISSED'
    qualify row_number() over (partition by repo_id, review_id order by _day desc, _seq desc) = 1
),

-- GitHub tells the association of today; the extract nearest to the review knows it best.
associations as (
    select repo_id, review_id, reviewer_association
    from {{ ref('stg_github__reviews') }}
    qualify row_number() over (partition by repo_id, review_id order by _day, _seq) = 1
)

select
    reviews.repo_id,
    reviews.review_id,
    reviews.pr_number,
    reviews.reviewer_login,
    reviews.reviewer_id,
    {{ github_identity('reviewers.person_key', 'reviews.reviewer_id', 'reviews.reviewer_login') }} as reviewer_key,
    reviewers.person_key is not null as is_reviewer_resolved,
    {{ is_github_bot('reviews.reviewer_login', 'reviews.reviewer_type') }} or coalesce(reviewers.is_service, false) as is_bot_reviewer,
    associations.reviewer_association,
    reviews.state as state_today,
    case
        when reviews.state <> 'DISMISSED' then reviews.state
        else coalesce(upper(dismissals.previous_review_state), seen_before.state, 'DISMISSED')
    end as submitted_state,
    reviews.commit_sha,
    reviews.submitted_at,
    -- Without a trace of when, a dismissal is taken to have been there all along: it must not lend an approval.
    case
        when reviews.state = 'DISMISSED' then coalesce(dismissals.dismissed_at, reviews.submitted_at)
    end as dismissed_at
from reviews
left join dismissals
    on reviews.repo_id = dismissals.repo_id
    and reviews.pr_number = dismissals.pr_number
    and reviews.review_id = dismissals.review_id
left join seen_before
    on reviews.repo_id = seen_before.repo_id
    and reviews.review_id = seen_before.review_id
left join associations
    on reviews.repo_id = associations.repo_id
    and reviews.review_id = associations.review_id
left join {{ ref('int_github_accounts') }} as reviewers on reviews.reviewer_id = reviewers.account_id
