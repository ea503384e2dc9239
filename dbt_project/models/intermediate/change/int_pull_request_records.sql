-- The newest record of each pull request: every extract lands its reviews, commits, timeline and checks anew, and the
-- parts must come from one record, or yesterday's reviews would stand beside today's commits.
select
    _run_id,
    _seq,
    repo_id,
    pr_number
from {{ ref('stg_github__pull_requests') }}
where pr_number is not null and error_code is null
qualify row_number() over (partition by repo_id, pr_number order by _day desc, _seq desc) = 1
