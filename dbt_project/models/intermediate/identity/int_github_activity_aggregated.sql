{#-
  GitHub shows no sign-in by REST. Activity is what somebody did: pushes, and audit log events where that log is
  connected. Accounts are matched by id; by name only where an event carries none.
#}
with accounts as (
    select account_id, login
    from {{ ref('int_accounts_observed') }}
    where source_id = 'github'
    qualify row_number() over (partition by account_id order by run_no desc) = 1
),

pushes as (
    select actor_id as account_id, max(occurred_at) as pushed_at
    from {{ ref('fct_ref_update') }}
    where occurred_at <= {{ as_of() }}
    group by actor_id
),

audit_events as (
    select
        event_id,
        action,
        occurred_at,
        actor_id,
        lower(actor_login) as actor_login,
        user_id,
        lower(user_login) as user_login
    from {{ ref('stg_github__audit_log') }}
    where occurred_at <= {{ as_of() }}
    qualify row_number() over (partition by event_id order by _day desc, _seq desc) = 1
),

acted as (
    select accounts.account_id, max(audit_events.occurred_at) as acted_at
    from accounts
    inner join audit_events
        on coalesce(audit_events.actor_id, audit_events.actor_login)
            = case when audit_events.actor_id is null then lower(accounts.login) else accounts.account_id end
    group by accounts.account_id
),

joined as (
    select accounts.account_id, max(audit_events.occurred_at) as joined_at
    from accounts
    inner join audit_events
        on coalesce(audit_events.user_id, audit_events.user_login)
            = case when audit_events.user_id is null then lower(accounts.login) else accounts.account_id end
    where audit_events.action = 'org.add_member'
    group by accounts.account_id
)

select
    accounts.account_id,
    {{ newest_of(['pushes.pushed_at', 'acted.acted_at']) }} as last_activity_at,
    case
        when pushes.pushed_at is null and acted.acted_at is null then null
        when acted.acted_at is null or pushes.pushed_at >= acted.acted_at then 'ref_update'
        else 'audit_log'
    end as activity_signal,
    joined.joined_at
from accounts
left join pushes on pushes.account_id = accounts.account_id
left join acted on acted.account_id = accounts.account_id
left join joined on joined.account_id = accounts.account_id
