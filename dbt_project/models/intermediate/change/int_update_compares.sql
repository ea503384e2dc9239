-- The newest answer to "what lies between before and after" per update of a production branch. A comparison that was
-- read once stays good when a later attempt is refused: force pushes let commits disappear.
select
    _run_id,
    _seq,
    repo_id,
    ref,
    before_sha,
    after_sha,
    comparison,
    total_commits,
    commits_read,
    changed_paths,
    error_code,
    error_message
from {{ ref('stg_github__compares') }}
qualify row_number() over (
    partition by repo_id, ref, before_sha, after_sha
    order by case when error_code is null then 0 else 1 end, _day desc, _seq desc
) = 1
