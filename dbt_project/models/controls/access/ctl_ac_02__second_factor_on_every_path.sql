with account as (
    select max(account_id) as account_id
    from {{ ref('stg_aws_iam__caller_identity') }}
    where _day = {{ as_of_day() }}
),

identities as (
    select source_id, account_id, lower(login) as login, coalesce(person_key, owner_key) as person_key
    from {{ ref('bridge_account_person') }}
    where valid_to is null
    qualify row_number() over (partition by source_id, lower(login) order by version_no desc) = 1
),

systems as (
    select *
    from ({{ newest(ref('stg_registers__systems')) }}) as register
    where in_use and is_production
),

evidence as (
    select systems.system_id, item.value as evidence
    from systems
    cross join {{ each_item('systems.mfa_evidence') }} as item(value)
),

-- Members' root credentials may be removed centrally: no password, nothing to protect.
root as (
    select
        'aws_root' as path,
        account.account_id || '|<root_account>' as place,
        'root of ' || account.account_id as label,
        cast(null as varchar) as person_key,
        cast(null as varchar) as rule_id,
        case
            when summary.account_password_present = 0 then 'no password'
            when summary.account_mfa_enabled = 1 then 'active'
            when summary.account_password_present = 1 and summary.account_mfa_enabled = 0 then 'none'
        end as state,
        coalesce(summary.account_password_present = 0, false) as is_excluded
    from account
    left join {{ ref('stg_aws_iam__account_summary') }} as summary on summary._day = {{ as_of_day() }}
),

console as (
    select
        'aws_console' as path,
        account.account_id || '|' || report.user_name as place,
        report.user_name as label,
        identities.person_key,
        cast(null as varchar) as rule_id,
        case when report.mfa_active then 'active' when not report.mfa_active then 'none' end as state,
        false as is_excluded
    from {{ ref('stg_aws_iam__credential_report') }} as report
    cross join account
    left join identities on identities.source_id = 'aws_iam' and identities.login = lower(report.user_name)
    where report._day = {{ as_of_day() }}
        and report.user_name <> '<root_account>'
        and (report.password_enabled or report.password_enabled is null)
),

-- Rules are asked in the order of their priority; the first that fits decides. One without further conditions leaves
-- nothing to those below for the groups that it names, or for anybody when it names none.
rules as (
    select
        policies.policy_id,
        {{ json_text('item.element', '$.id') }} as rule_id,
        {{ json_text('item.element', '$.name') }} as rule_name,
        {{ json_int('item.element', '$.priority') }} as priority,
        {{ json_text('item.element', '$.actions.appSignOn.access') }} as access,
        {{ json_text('item.element', '$.actions.appSignOn.verificationMethod.factorMode') }} as factor_mode,
        coalesce({{ compact(json_texts('item.element', '$.conditions.people.groups.include')) }}, {{ empty_list() }}) as groups,
        coalesce({{ json_text('item.element', '$.conditions.network.connection') }}, 'ANYWHERE') = 'ANYWHERE'
            and {{ json_value('item.element', '$.conditions.device') }} is null
            and {{ json_value('item.element', '$.conditions.riskScore') }} is null
            and {{ json_value('item.element', '$.conditions.elCondition') }} is null
            and {{ json_value('item.element', '$.conditions.people.users.include[0]') }} is null
            and {{ json_value('item.element', '$.conditions.people.groups.exclude[0]') }} is null
            as is_plain
    from {{ ref('stg_okta_policies__access_policies') }} as policies
    cross join lateral {{ json_each('policies.rules') }} as item
    where policies._day = {{ as_of_day() }}
        and policies.error_code is null
        and {{ json_text('item.element', '$.status') }} = 'ACTIVE'
),

pairs as (
    select
        rules.policy_id,
        rules.rule_id,
        rules.groups,
        earlier.groups as earlier_groups
    from rules
    inner join rules as earlier
        on earlier.policy_id = rules.policy_id and earlier.priority < rules.priority and earlier.is_plain
),

shadowed as (
    select distinct policy_id, rule_id
    from pairs
    where {{ is_empty_list('earlier_groups') }}
        or (not {{ is_empty_list('groups') }} and {{ is_empty_list(items_without('groups', 'earlier_groups')) }})
),

reached as (
    select rules.*
    from rules
    left join shadowed on shadowed.policy_id = rules.policy_id and shadowed.rule_id = rules.rule_id
    where shadowed.rule_id is null
),

policies as (
    select
        policy_id,
        min(case when access = 'ALLOW' and factor_mode = '1FA' then rule_id end) as single_rule_id,
        max(case when access is null or (access = 'ALLOW' and factor_mode is null) then 1 else 0 end) = 1 as is_unreadable
    from reached
    group by policy_id
),

apps as (
    select
        'okta_app' as path,
        coalesce(apps.app_id, evidence.evidence) as place,
        replace(evidence.evidence, 'okta_app:', '') as label,
        cast(null as varchar) as person_key,
        policies.single_rule_id as rule_id,
        case
            when policies.single_rule_id is not null then 'single'
            when policies.policy_id is null or policies.is_unreadable then null
            else 'active'
        end as state,
        coalesce(apps.status <> 'ACTIVE', false) as is_excluded
    from (select distinct evidence from evidence where evidence like 'okta_app:%') as evidence
    left join {{ ref('stg_okta__apps') }} as apps
        on apps._day = {{ as_of_day() }} and apps.label = replace(evidence.evidence, 'okta_app:', '')
    left join policies on policies.policy_id = apps.access_policy_id
),

organisation as (
    select
        'github' as path,
        coalesce(login, 'organisation') as place,
        'organisation ' || coalesce(login, '') as label,
        cast(null as varchar) as person_key,
        cast(null as varchar) as rule_id,
        case when is_two_factor_required then 'active' when not is_two_factor_required then 'not required' end as state,
        false as is_excluded
    from {{ ref('stg_github__org') }}
    where _day = {{ as_of_day() }}
),

without as (
    select kind, user_id, error_code
    from {{ ref('stg_github_two_factor__disabled') }}
    where _day = {{ as_of_day() }}
),

members as (
    select
        'github_account' as path,
        listed.user_id as place,
        listed.login as label,
        identities.person_key,
        cast(null as varchar) as rule_id,
        case
            when listed.user_id in (select user_id from without where user_id is not null) then 'none'
            when listed.kind not in (select kind from without where error_code is null) then null
            else 'active'
        end as state,
        false as is_excluded
    from (
        select user_id, login, 'members' as kind from {{ ref('stg_github__members') }} where _day = {{ as_of_day() }} and user_id is not null
        union
        select user_id, login, 'outside_collaborators' from {{ ref('stg_github__outside_collaborators') }} where _day = {{ as_of_day() }} and user_id is not null
    ) as listed
    left join identities on identities.source_id = 'github' and identities.login = lower(listed.login)
),

declared as (
    select
        'system' as path,
        systems.system_id as place,
        systems.system_id as label,
        cast(null as varchar) as person_key,
        cast(null as varchar) as rule_id,
        case
            when max(case when evidence.evidence in ('aws_iam', 'github') or evidence.evidence like 'okta_app:%' then 1 else 0 end) = 1 then 'active'
            else 'undeclared'
        end as state,
        false as is_excluded
    from systems
    left join evidence on evidence.system_id = systems.system_id
    group by systems.system_id
),

paths as (
    select * from root
    union all
    select * from console
    union all
    select * from apps
    union all
    select * from organisation
    union all
    select * from members
    union all
    select * from declared
),

judged as (
    select
        *,
        {{ codes([
            ('ROOT_NO_MFA', "path = 'aws_root' and coalesce(state = 'none', false)"),
            ('CONSOLE_USER_NO_MFA', "path = 'aws_console' and coalesce(state = 'none', false)"),
            ('APP_POLICY_SINGLE_FACTOR', "path = 'okta_app' and not is_excluded and coalesce(state = 'single', false)"),
            ('GH_2FA_NOT_REQUIRED', "path = 'github' and coalesce(state = 'not required', false)"),
            ('GH_MEMBER_NO_2FA', "path = 'github_account' and coalesce(state = 'none', false)"),
            ('PATH_UNDECLARED', "path = 'system' and state = 'undeclared'"),
        ]) }} as codes
    from paths
)

select
    path || '|' || place as entity_key,
    label || case path
        when 'aws_console' then ' at the AWS console'
        when 'okta_app' then ', application of the identity provider'
        when 'github_account' then ' at GitHub'
        when 'system' then ', system'
        else ''
    end as entity_name,
    person_key as owner_key,
    {{ row_result(unknown='state is null', excluded='is_excluded') }} as result,
    codes,
    case
        when is_excluded and path = 'aws_root' then 'Root has no password.'
        when is_excluded then 'The application is not active.'
        when state is null then 'Whether a second factor is demanded could not be read.'
        when path = 'aws_root' and state = 'none' then 'Root has a password and no second factor.'
        when path = 'aws_console' and state = 'none' then 'The user has a console password and no second factor.'
        when state = 'single' then 'A sign-on rule lets somebody in with one factor, and no rule above it stops them.'
        when state = 'not required' then 'The organisation does not require a second factor.'
        when state = 'none' then 'The account has no second factor.'
        when state = 'undeclared' then 'The register names no source that shows the second factor of this production system.'
        else 'A second factor is demanded.'
    end as reason,
    path || '|' || place as path_id,
    case when path in ('aws_root', 'aws_console', 'github_account') then place end as account_id,
    person_key,
    rule_id as policy_rule_id,
    state as mfa_state
from judged
