with observations as (
    select
        *,
        min(observed_at) over (partition by source_id, account_id) as first_seen_at
    from {{ ref('int_accounts_observed') }}
),

runs as (select * from {{ ref('int_account_runs_numbered') }}),

{{ versions(
    'observations', 'runs',
    ['login', 'email', 'status', 'can_sign_in', 'created_at', 'mfa_state'],
    ['implied_kind', 'last_activity_at', 'activity_signal', 'first_seen_at', '_run_id', '_day']
) }},

registered as (
    select source_id, account_id, login, purpose
    from ({{ newest(ref('stg_registers__service_accounts')) }}) as service_accounts
),

kinds as (
    select
        dated.source_id,
        dated.account_id,
        dated.version_no,
        min(case when lower(registered.purpose) like '%break%glass%' then 'break_glass' else 'service' end) as kind
    from dated
    inner join registered
        on registered.source_id = dated.source_id
        and coalesce(registered.account_id, 'login ' || lower(registered.login))
            = case when registered.account_id is null then 'login ' || lower(dated.login) else dated.account_id end
    group by dated.source_id, dated.account_id, dated.version_no
),

activity as (select * from {{ ref('int_github_activity_aggregated') }})

select
    dated.source_id,
    dated.account_id,
    dated.login,
    dated.email,
    coalesce(kinds.kind, dated.implied_kind) as kind,
    dated.status,
    dated.can_sign_in,
    coalesce(dated.created_at, activity.joined_at) as created_at,
    case when dated.valid_to is null then coalesce(dated.last_activity_at, activity.last_activity_at) else dated.last_activity_at end
        as last_activity_at,
    case when dated.valid_to is null then coalesce(dated.activity_signal, activity.activity_signal) else dated.activity_signal end
        as activity_signal,
    dated.mfa_state,
    dated.valid_from,
    dated.valid_to,
    dated.version_no,
    dated.first_seen_at,
    dated._run_id as snapshot_id,
    dated._day as snapshot_day
from dated
left join kinds
    on kinds.source_id = dated.source_id and kinds.account_id = dated.account_id and kinds.version_no = dated.version_no
left join activity on dated.source_id = 'github' and activity.account_id = dated.account_id
