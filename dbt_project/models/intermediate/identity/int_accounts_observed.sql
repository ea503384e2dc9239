{#-
  Every account in every day's listing. Sign-in state and identity attributes are those of that day, so that tests at a
  past moment need no present state.
#}
{%- set mfa = 'ctl_ac_01__humans_have_mfa' -%}
{%- set accepted = text_list(parameter_of(mfa, 'accepted_factor_types')) -%}
{%- set weak = text_list(parameter_of(mfa, 'weak_factor_types')) -%}

with runs as (select * from {{ ref('int_account_runs_numbered') }}),

okta as (
    select
        'okta' as source_id,
        users.user_id as account_id,
        users._day,
        users._run_id,
        users.login,
        users.email,
        users.employee_number,
        cast(null as varchar) as name_id,
        cast(null as varchar) as owner_tag,
        users.status,
        users.status in ('ACTIVE', 'RECOVERY', 'PASSWORD_EXPIRED', 'LOCKED_OUT', 'PROVISIONED') as can_sign_in,
        cast(null as boolean) as has_console_password,
        'human' as implied_kind,
        users.created_at,
        users.status_changed_at,
        users.last_login_at as last_activity_at,
        case when users.last_login_at is not null then 'last_login' end as activity_signal,
        case
            when factors.active_factor_types is null then 'unknown'
            when {{ texts_overlap('factors.active_factor_types', accepted) }} then 'enrolled'
            when {{ texts_overlap('factors.active_factor_types', weak) }} then 'weak_only'
            else 'none'
        end as mfa_state
    from {{ ref('stg_okta__users') }} as users
    left join {{ ref('stg_okta__factors') }} as factors
        on factors.user_id = users.user_id and factors._day = users._day
    where users.error_code is null
),

{#- The credential report goes by name: a row that is about an earlier user of the same name is not this user's. #}
aws_iam as (
    select
        'aws_iam' as source_id,
        users.user_id as account_id,
        users._day,
        users._run_id,
        users.user_name as login,
        cast(null as varchar) as email,
        cast(null as varchar) as employee_number,
        cast(null as varchar) as name_id,
        users.owner_tag,
        case
            when report.user_name is null then 'UNKNOWN'
            when report.password_enabled or report.access_key_1_active or report.access_key_2_active then 'ENABLED'
            else 'DISABLED'
        end as status,
        case
            when report.user_name is not null
                then coalesce(report.password_enabled or report.access_key_1_active or report.access_key_2_active, false)
        end as can_sign_in,
        report.password_enabled as has_console_password,
        case when report.password_enabled is false then 'unknown' else 'human' end as implied_kind,
        users.created_at,
        cast(null as timestamp) as status_changed_at,
        {{ newest_of(['report.password_last_used_at', 'report.access_key_1_last_used_at', 'report.access_key_2_last_used_at']) }}
            as last_activity_at,
        case {{ newest_of(['report.password_last_used_at', 'report.access_key_1_last_used_at', 'report.access_key_2_last_used_at']) }}
            when report.password_last_used_at then 'password'
            when report.access_key_1_last_used_at then 'access_key_1'
            when report.access_key_2_last_used_at then 'access_key_2'
        end as activity_signal,
        case report.mfa_active when true then 'enrolled' when false then 'none' else 'unknown' end as mfa_state
    from {{ ref('stg_aws_iam__users') }} as users
    left join {{ ref('stg_aws_iam__credential_report') }} as report
        on report.user_name = users.user_name
        and report._day = users._day
        and abs({{ hours_between('users.created_at', 'report.user_created_at') }}) * 3600 <= 1
),

github_people as (
    select _day, _run_id, user_id, login, user_type, coalesce(role, 'member') as role
    from {{ ref('stg_github__members') }}
    where error_code is null

    union all

    select _day, _run_id, user_id, login, user_type, 'outside_collaborator' as role
    from {{ ref('stg_github__outside_collaborators') }}
    where error_code is null
),

github as (
    select
        'github' as source_id,
        people.user_id as account_id,
        people._day,
        people._run_id,
        people.login,
        cast(null as varchar) as email,
        cast(null as varchar) as employee_number,
        identities.name_id,
        cast(null as varchar) as owner_tag,
        people.role as status,
        true as can_sign_in,
        cast(null as boolean) as has_console_password,
        case when people.user_type = 'Bot' then 'unknown' else 'human' end as implied_kind,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as status_changed_at,
        cast(null as timestamp) as last_activity_at,
        cast(null as varchar) as activity_signal,
        'unknown' as mfa_state
    from github_people as people
    left join {{ ref('stg_github__saml_identities') }} as identities
        on identities.user_id = people.user_id and identities._day = people._day
),

accounts as (
    select * from okta
    union all
    select * from aws_iam
    union all
    select * from github
)

select
    accounts.*,
    runs.run_no,
    runs.observed_at,
    runs.finished_at
from accounts
inner join runs on runs.source_id = accounts.source_id and runs.logical_date = accounts._day
qualify row_number() over (partition by accounts.source_id, accounts.account_id, runs.run_no order by accounts.status) = 1
