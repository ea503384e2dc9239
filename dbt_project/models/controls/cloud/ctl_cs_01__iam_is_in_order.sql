-- One row for each demand and each thing it is about.
with users as (
    select * from {{ ref('stg_aws_iam__users') }} where _day = {{ as_of_day() }} and error_code is null
),

report as (
    select * from {{ ref('stg_aws_iam__credential_report') }} where _day = {{ as_of_day() }}
),

summary as (
    select * from {{ ref('stg_aws_iam__account_summary') }} where _day = {{ as_of_day() }}
),

caller as (
    select coalesce(max(account_id), 'unknown') as account_id
    from {{ ref('stg_aws_iam__caller_identity') }}
    where _day = {{ as_of_day() }}
),

keys as (
    select
        user_name,
        sum(case when status = 'Active' then 1 else 0 end) as active_keys,
        max(case when error_code is not null then 1 else 0 end) = 1 as is_refused
    from {{ ref('stg_aws_iam__access_keys') }}
    where _day = {{ as_of_day() }}
    group by user_name
),

inline as (
    select arn, user_name as name, inline_policies from users
    union all
    select arn, group_name, inline_policies from {{ ref('stg_aws_iam__groups') }} where _day = {{ as_of_day() }} and error_code is null
    union all
    select arn, role_name, inline_policies from {{ ref('stg_aws_iam__roles') }} where _day = {{ as_of_day() }} and error_code is null
),

documents as (
    select
        inline.arn || ' ' || {{ json_text('item.element', '$.PolicyName') }} as resource,
        inline.name || ' / ' || {{ json_text('item.element', '$.PolicyName') }} as name,
        {{ allows_everything(json_value('item.element', '$.PolicyDocument')) }} as is_open
    from inline
    cross join lateral {{ json_each('inline.inline_policies') }} as item
    union all
    select arn, policy_name, {{ allows_everything(default_document('versions')) }}
    from {{ ref('stg_aws_iam__policies') }}
    where _day = {{ as_of_day() }} and error_code is null
),

population as (
    select
        'root_mfa' as demand,
        'root of ' || caller.account_id as resource,
        'root' as name,
        not coalesce(summary.account_mfa_enabled, true) and not coalesce(summary.account_password_present = 0, false) as is_violated,
        summary.account_mfa_enabled is null as is_unknown,
        'The root user signs in with a second factor, or has no password.' as met,
        'The root user has no second factor.' as violated
    from caller
    left join summary on true

    union all

    select
        'root_not_used',
        'root of ' || caller.account_id,
        'root',
        coalesce({{ days_between('report.password_last_used_at', as_of()) }} < {{ param('root_quiet_days') }}, false),
        report.user_name is null,
        'The root user did not sign in of late.',
        'The root user signed in on ' || coalesce(cast(cast(report.password_last_used_at as date) as varchar), '?') || '.'
    from caller
    left join report on report.user_name = '<root_account>'

    union all

    select
        'console_user_mfa',
        users.arn,
        users.user_name,
        report.password_enabled and not report.mfa_active,
        report.user_name is null or report.password_enabled is null or (report.password_enabled and report.mfa_active is null),
        case when report.password_enabled then 'Signs in to the console with a second factor.' else 'Has no console password.' end,
        'Has a console password and no second factor.'
    from users
    left join report on report.user_name = users.user_name

    union all

    select
        'two_active_keys',
        users.arn,
        users.user_name,
        keys.active_keys > 1,
        keys.user_name is null or keys.is_refused,
        'Has at most one active access key.',
        'Has ' || cast(keys.active_keys as varchar) || ' active access keys.'
    from users
    left join keys on keys.user_name = users.user_name

    union all

    select
        'policies_only_via_groups_roles',
        users.arn,
        users.user_name,
        coalesce({{ json_array_size('users.inline_policies') }}, 0) + coalesce({{ json_array_size('users.attached_policies') }}, 0) > 0,
        users.inline_policies is null or users.attached_policies is null,
        'Has no policy of its own.',
        'Has policies of its own, beside those of its groups.'
    from users

    union all

    select
        'no_star_star_policy',
        documents.resource,
        documents.name,
        documents.is_open,
        documents.is_open is null,
        'Does not allow every action on every resource.',
        'Allows every action on every resource.'
    from documents

    union all

    select
        'unused_custom_policies',
        arn,
        policy_name,
        attachment_count = 0,
        attachment_count is null,
        'Is attached.',
        'Is attached to nothing.'
    from {{ ref('stg_aws_iam__policies') }}
    where _day = {{ as_of_day() }} and error_code is null
),

links as (
    select account_id, coalesce(person_key, owner_key) as owner_key
    from {{ ref('bridge_account_person') }}
    where source_id = 'aws_iam' and valid_to is null
),

owners as (
    select users.arn, links.owner_key
    from users
    inner join links on links.account_id = users.user_id
),

judged as (
    select
        population.*,
        owners.owner_key,
        {{ codes([
            ('ROOT_NO_MFA', "demand = 'root_mfa' and is_violated"),
            ('ROOT_USED', "demand = 'root_not_used' and is_violated"),
            ('CONSOLE_USER_NO_MFA', "demand = 'console_user_mfa' and is_violated"),
            ('TWO_ACTIVE_KEYS', "demand = 'two_active_keys' and is_violated"),
            ('POLICY_ON_USER', "demand = 'policies_only_via_groups_roles' and is_violated"),
            ('STAR_STAR_POLICY', "demand = 'no_star_star_policy' and is_violated"),
            ('UNUSED_POLICY', "demand = 'unused_custom_policies' and is_violated"),
        ]) }} as codes
    from population
    left join owners on owners.arn = population.resource
)

select
    demand || '|' || resource as entity_key,
    name || ': ' || demand as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case when is_violated then violated when is_unknown then 'Could not be read.' else met end as reason,
    resource,
    {{ demands([
        ('root_mfa', "demand = 'root_mfa'"),
        ('root_not_used', "demand = 'root_not_used'"),
        ('console_user_mfa', "demand = 'console_user_mfa'"),
        ('two_active_keys', "demand = 'two_active_keys'"),
        ('policies_only_via_groups_roles', "demand = 'policies_only_via_groups_roles'"),
        ('no_star_star_policy', "demand = 'no_star_star_policy'"),
        ('unused_custom_policies', "demand = 'unused_custom_policies'"),
    ]) }} as demands
from judged
