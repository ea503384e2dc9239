with users as (
    select
        (select max(users) from {{ ref('stg_aws_iam__account_summary') }} where _day = {{ as_of_day() }}) + 1 as expected,
        (select count(distinct user_name) from {{ ref('stg_aws_iam__credential_report') }} where _day = {{ as_of_day() }}) as actual
),

accounts as (
    select
        count(*) as accounts,
        coalesce(sum(case when is_own then 1 else 0 end), 0) as read_accounts
    from {{ ref('fct_trail_day') }}
    where day = {{ as_of_day() }} and is_observed and coalesce(state, 'ACTIVE') = 'ACTIVE'
),

named as (
    select distinct replace(item.value, 'okta_app:', '') as label
    from ({{ newest(ref('stg_registers__systems')) }}) as systems
    cross join {{ each_item('systems.mfa_evidence') }} as item(value)
    where systems.in_use and systems.is_production and item.value like 'okta_app:%'
),

apps as (
    select count(named.label) as expected, count(policies.policy_id) as actual
    from named
    left join {{ ref('stg_okta__apps') }} as apps on apps._day = {{ as_of_day() }} and apps.label = named.label
    left join (select distinct policy_id from {{ ref('stg_okta_policies__access_policies') }} where _day = {{ as_of_day() }}) as policies
        on policies.policy_id = apps.access_policy_id
),

checks as (
    select
        'report_has_every_user' as check_name,
        'aws_iam.credential_report' as scope,
        expected,
        actual,
        'users that the account counts, and root, against the credential report' as detail
    from users
    union all
    select 'every_account_read', 'aws_iam.credential_report', accounts, read_accounts, 'active accounts of the organisation whose users are read'
    from accounts
    union all
    select 'apps_have_policies', 'okta_policies.access_policies', expected, actual, 'applications named as evidence whose sign-on policy was read'
    from apps
)

{{ checks_agree('checks', also="(check_name = 'apps_have_policies' or expected > 0)", unread_fails=true) }}
