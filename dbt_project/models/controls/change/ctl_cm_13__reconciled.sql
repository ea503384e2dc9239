-- The activity of every repository was read and is unbroken (as CM-01 compares it), and what it tells is in the rows.
with told as (
    select count(distinct changes.event_id) as events
    from {{ ref('fct_ref_update') }} as changes
    inner join {{ ref('int_repo_branches') }} as branches on branches.repo_id = changes.repo_id and branches.branch = changes.branch
    cross join {{ ref('dim_engagement') }} as engagement
    where ((changes.activity_type = 'force_push' and changes.before_sha is distinct from changes.after_sha) or changes.activity_type = 'branch_deletion')
        and changes.occurred_at >= cast(engagement.window_start as timestamp)
        and changes.occurred_at <= {{ as_of() }}
),

judged as (
    select count(*) as events from {{ ref('ctl_cm_13__history_and_rules_stand') }} where event_type in ('force_push', 'branch_deletion')
)

select check_name, scope, expected, actual, passed, detail
from {{ ref('ctl_cm_01__reconciled') }}
where check_name in ('repositories_read', 'ref_updates_unbroken', 'branch_head_reached')

union all

{{ counts_agree('events_judged', 'github.ref_updates', 'told.events', 'judged.events', 'forced pushes to production branches and deletions of them in the activity, each a row') }}
from told
cross join judged
