-- Extract windows overlap; the newest copy of an update is kept.
with newest_copies as (
    select *
    from {{ ref('stg_github__ref_updates') }}
    where event_id is not null
    qualify row_number() over (partition by event_id order by _day desc, _seq desc) = 1
)

select
    event_id,
    repo_id,
    ref,
    case when ref like 'refs/heads/%' then substr(ref, 12) end as branch,
    before_sha,
    after_sha,
    activity_type,
    actor_login,
    actor_id,
    occurred_at
from newest_copies
