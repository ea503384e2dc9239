{#- When an access of a leaver was used with success: sign-ins, key use, activity. Only accesses of ended spells. #}
with accesses as (
    select distinct source_id, account_id, login
    from {{ ref('int_offboarding_accesses_linked') }}
    where account_id is not null
),

users as (
    select account_id, login, min(created_at) as created_at
    from {{ ref('int_account_identities_versioned') }}
    where source_id = 'aws_iam'
    group by account_id, login
),

{#- The provider logs a failed console sign-in as the same event, without an error code. #}
console as (
    select users.account_id, events.occurred_at
    from {{ ref('stg_aws_trail__events') }} as events
    inner join users on users.login = events.username and users.created_at <= events.occurred_at
    where events.event_name = 'ConsoleLogin'
        and {{ json_text('events.record', '$.responseElements.ConsoleLogin') }} = 'Success'
    qualify row_number() over (partition by events.event_id order by users.created_at desc, events._day desc) = 1
),

uses as (
    select 'okta' as source_id, actor_id as account_id, occurred_at as used_at
    from {{ ref('int_okta_events_deduplicated') }}
    where outcome = 'SUCCESS' and (event_type = 'user.session.start' or event_type like 'user.authentication.%')

    union all

    select source_id, account_id, last_activity_at as used_at
    from {{ ref('int_accounts_observed') }}
    where source_id = 'okta' and last_activity_at is not null

    union all

    select 'aws_iam' as source_id, users.user_id as account_id, report.password_last_used_at as used_at
    from {{ ref('stg_aws_iam__credential_report') }} as report
    inner join {{ ref('stg_aws_iam__users') }} as users
        on users.user_name = report.user_name
        and users._day = report._day
        and abs({{ hours_between('users.created_at', 'report.user_created_at') }}) * 3600 <= 1

    union all

    select 'aws_iam' as source_id, account_id, occurred_at as used_at
    from console

    union all

    select 'aws_iam_key' as source_id, access_key_id as account_id, last_used_at as used_at
    from {{ ref('dim_access_key') }}

    union all

    select 'aws_iam_key' as source_id, access_key_id as account_id, occurred_at as used_at
    from {{ ref('stg_aws_trail__events') }}
    where access_key_id is not null

    union all

    select 'github' as source_id, actor_id as account_id, occurred_at as used_at
    from {{ ref('fct_ref_update') }}

    union all

    select 'github' as source_id, account_id, last_activity_at as used_at
    from {{ ref('int_github_activity_aggregated') }}
)

select distinct
    uses.source_id,
    uses.account_id,
    uses.used_at
from uses
inner join accesses on accesses.source_id = uses.source_id and accesses.account_id = uses.account_id
where uses.used_at is not null and uses.used_at <= {{ as_of() }}
