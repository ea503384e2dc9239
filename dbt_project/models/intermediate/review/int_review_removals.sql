{#-
  When an account that a review revoked was disabled, and when it was there again. Audit events date a change; a listing
  gives the latest moment only, and of the earliest that it showed the account enabled.
-#}
with revoked as (
    select review_id, line_no, source_id, account_id, decided_at
    from {{ ref('fct_access_review_line') }}
    where decision = 'revoke' and decided_at is not null
),

accounts as (select distinct source_id, account_id from revoked),

runs as (select * from {{ ref('int_account_runs_numbered') }}),

observed as (
    select
        accounts.source_id,
        accounts.account_id,
        runs.run_no,
        runs.observed_at,
        runs.finished_at,
        case when seen.account_id is null then false else seen.can_sign_in end as is_enabled
    from accounts
    inner join runs on runs.source_id = accounts.source_id
    left join {{ ref('int_accounts_observed') }} as seen
        on seen.source_id = accounts.source_id and seen.account_id = accounts.account_id and seen.run_no = runs.run_no
),

{#- A closed console disables no user who has keys: an event of AWS counts where the next listing agrees. #}
events as (
    select changes.source_id, changes.account_id, changes.occurred_at, changes.is_enabled
    from {{ ref('int_access_events_normalised') }} as changes
    inner join accounts on accounts.source_id = changes.source_id and accounts.account_id = changes.account_id
    left join (
        select source_id, account_id, observed_at, is_enabled,
            lag(observed_at) over (partition by source_id, account_id order by run_no) as previous_at
        from observed
    ) as following
        on following.source_id = changes.source_id
        and following.account_id = changes.account_id
        and following.observed_at >= changes.occurred_at
        and (following.previous_at is null or following.previous_at < changes.occurred_at)
    where changes.source_id <> 'aws_iam' or (not changes.is_enabled and following.is_enabled is false)
),

points as (
    select source_id, account_id, occurred_at as at, is_enabled, true as is_exact from events
    union all
    select source_id, account_id, case when is_enabled then observed_at else finished_at end, is_enabled, false
    from observed
    where is_enabled is not null
),

{#- Disabled already when it was decided, or the first time afterwards. #}
before_decision as (
    select revoked.review_id, revoked.line_no, points.at, points.is_enabled, points.is_exact
    from revoked
    inner join points
        on points.source_id = revoked.source_id and points.account_id = revoked.account_id and points.at <= revoked.decided_at
    qualify row_number() over (
        partition by revoked.review_id, revoked.line_no order by points.at desc, points.is_exact desc
    ) = 1
),

after_decision as (
    select revoked.review_id, revoked.line_no, points.at, points.is_exact
    from revoked
    inner join points
        on points.source_id = revoked.source_id and points.account_id = revoked.account_id and points.at > revoked.decided_at
    where not points.is_enabled
    qualify row_number() over (
        partition by revoked.review_id, revoked.line_no order by points.at, points.is_exact desc
    ) = 1
),

executed as (
    select
        revoked.*,
        case when not before_decision.is_enabled then before_decision.at else after_decision.at end as executed_at,
        case when not before_decision.is_enabled then true else after_decision.is_exact end as is_exact
    from revoked
    left join before_decision on before_decision.review_id = revoked.review_id and before_decision.line_no = revoked.line_no
    left join after_decision on after_decision.review_id = revoked.review_id and after_decision.line_no = revoked.line_no
),

latest as (
    select source_id, account_id, is_enabled
    from observed
    qualify row_number() over (partition by source_id, account_id order by run_no desc) = 1
),

dated as (
    select
        executed.review_id,
        executed.line_no,
        max(case when points.is_enabled and points.at < executed.executed_at then points.at end) as last_enabled_at,
        min(case when points.is_enabled and points.at > executed.executed_at then points.at end) as reappeared_at
    from executed
    left join points on points.source_id = executed.source_id and points.account_id = executed.account_id
    group by executed.review_id, executed.line_no
)

select
    executed.review_id,
    executed.line_no,
    executed.executed_at,
    executed.is_exact,
    greatest(executed.decided_at, coalesce(dated.last_enabled_at, executed.decided_at)) as not_before,
    dated.reappeared_at,
    latest.is_enabled as is_enabled_now
from executed
left join dated on dated.review_id = executed.review_id and dated.line_no = executed.line_no
left join latest on latest.source_id = executed.source_id and latest.account_id = executed.account_id
