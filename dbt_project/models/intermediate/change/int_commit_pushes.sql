-- When GitHub first held a commit as the tip of a push. Commit dates are written by the client and prove nothing; the
-- repository's activity, the first check suite and force-push events are GitHub's own clock.
with sightings as (
    select repo_id, after_sha as commit_sha, occurred_at as seen_at from {{ ref('fct_ref_update') }}
    union all
    select repo_id, commit_sha, created_at as seen_at from {{ ref('stg_github__check_suites') }}
    union all
    select repo_id, after_sha as commit_sha, occurred_at as seen_at
    from {{ ref('stg_github__pull_request_events') }}
    where event_type = 'HeadRefForcePushedEvent'
)

select repo_id, commit_sha, min(seen_at) as pushed_at
from sightings
where commit_sha is not null and seen_at is not null
group by repo_id, commit_sha
