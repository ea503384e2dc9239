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
        {{ json_value('item.element', '$.PolicyDocument') }} as document
    from inline
    cross join lateral {{ json_each('inline.inline_policies') }} as item
    union all
    select arn, policy_name, {{ default_document('versions') }}
    from {{ ref('stg_aws_iam__policies') }}
    where _day = {{ as_of_day() }} and error_code is null
),

grants as (
    select
        resource,
        name,
        {{ allows_everything('document') }} as is_open,
        {{ granted_actions('document', param('escalating_actions')) }} as escalating,
        len({{ granted_actions('document', "['cloudtrail:*']") }}) > 0 as is_full_cloudtrail,
        len({{ granted_actions('document', "['kms:*']") }}) > 0 as is_full_kms
    from documents
),

principals as (
    select arn, user_name as name, attached_policies, inline_policies from users
    union all
    select arn, group_name, attached_policies, inline_policies from {{ ref('stg_aws_iam__groups') }} where _day = {{ as_of_day() }} and error_code is null
    union all
    select arn, role_name, attached_policies, inline_policies from {{ ref('stg_aws_iam__roles') }} where _day = {{ as_of_day() }} and error_code is null
),

powers as (
    select
        principals.arn,
        principals.name,
        principals.attached_policies,
        coalesce(cast(principals.attached_policies as varchar) like '%:policy/AdministratorAccess"%', false) as has_managed,
        coalesce(max(case when grants.is_open then 1 else 0 end), 0) = 1 as has_open
    from principals
    left join grants on starts_with(grants.resource, principals.arn || ' ')
    group by principals.arn, principals.name, principals.attached_policies
),

administrators as (
    select distinct users.arn, users.user_name
    from users
    inner join powers
        on
            (powers.arn = users.arn or (powers.arn like '%:group/%' and list_contains(users.group_names, powers.name)))
            and (powers.has_managed or powers.has_open)
),

devices as (
    select
        max(case when serial_number like '%:mfa/root-account-mfa-device' then 1 else 0 end) = 1 as is_virtual,
        max(case when error_code is not null then 1 else 0 end) = 1 as is_refused
    from {{ ref('stg_aws_iam__virtual_mfa_devices') }}
    where _day = {{ as_of_day() }}
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
        resource,
        name,
        is_open,
        is_open is null,
        'Does not allow every action on every resource.',
        'Allows every action on every resource.'
    from grants

    union all

    select
        'privilege_escalation_policy',
        resource,
        name,
        len(escalating) > 0,
        escalating is null,
        'Allows nothing by which its holder could give itself more.',
        'Its holder can give itself more: ' || array_to_string(list_sort(escalating), ', ') || '.'
    from grants

    union all

    select
        'no_full_access_to_cloudtrail',
        resource,
        name,
        is_full_cloudtrail,
        is_full_cloudtrail is null,
        'Does not allow everything on trails.',
        'Allows everything on trails: its holder can stop the record of what it does.'
    from grants

    union all

    select
        'no_full_access_to_kms',
        resource,
        name,
        is_full_kms,
        is_full_kms is null,
        'Does not allow everything on keys.',
        'Allows everything on every key.'
    from grants

    union all

    select
        'admin_policy_attachments',
        arn,
        name,
        has_managed and not list_contains({{ param('administrator_holders') }}, name),
        attached_policies is null,
        'Does not hold the managed policy AdministratorAccess, or may.',
        'Holds the managed policy AdministratorAccess.'
    from powers

    union all

    select
        'admin_user_mfa',
        administrators.arn,
        administrators.user_name,
        not report.mfa_active,
        report.mfa_active is null,
        'An administrator with a second factor.',
        'An administrator without a second factor.'
    from administrators
    left join report on report.user_name = administrators.user_name

    union all

    select
        'root_hardware_mfa',
        'root of ' || caller.account_id,
        'root',
        not summary.account_mfa_enabled or devices.is_virtual,
        summary.account_mfa_enabled is null or devices.is_virtual is null or devices.is_refused,
        'The second factor of root is a device of its own.',
        'The second factor of root is an app on a phone, or missing.'
    from caller
    left join summary on true
    left join devices on true

    union all

    select
        'password_policy_strong',
        'password policy of ' || caller.account_id,
        'password policy',
        coalesce(policy.error_code = 'NoSuchEntity', false)
        or (
            policy.error_code is null
            and not (
                coalesce(policy.minimum_length, 0) >= {{ param('password_minimum_length') }}
                and coalesce(policy.reuse_prevention, 0) >= {{ param('password_reuse_prevention') }}
                and policy.requires_symbols and policy.requires_numbers and policy.requires_uppercase and policy.requires_lowercase
            )
        ),
        policy._day is null or (policy.error_code is not null and policy.error_code != 'NoSuchEntity'),
        'Passwords are long, mixed and not used again.',
        case when policy.error_code is null then 'The password policy asks for less than it should.' else 'There is no password policy.' end
    from caller
    left join {{ ref('stg_aws_iam__password_policy') }} as policy on policy._day = {{ as_of_day() }}

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
            ('PRIVILEGE_ESCALATION', "demand = 'privilege_escalation_policy' and is_violated"),
            ('FULL_CLOUDTRAIL', "demand = 'no_full_access_to_cloudtrail' and is_violated"),
            ('FULL_KMS', "demand = 'no_full_access_to_kms' and is_violated"),
            ('ADMIN_POLICY_ATTACHED', "demand = 'admin_policy_attachments' and is_violated"),
            ('ADMIN_NO_MFA', "demand = 'admin_user_mfa' and is_violated"),
            ('ROOT_NO_HARDWARE_MFA', "demand = 'root_hardware_mfa' and is_violated"),
            ('PASSWORD_POLICY_WEAK', "demand = 'password_policy_strong' and is_violated"),
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
        ('privilege_escalation_policy', "demand = 'privilege_escalation_policy'"),
        ('no_full_access_to_cloudtrail', "demand = 'no_full_access_to_cloudtrail'"),
        ('no_full_access_to_kms', "demand = 'no_full_access_to_kms'"),
        ('admin_policy_attachments', "demand = 'admin_policy_attachments'"),
        ('admin_user_mfa', "demand = 'admin_user_mfa'"),
        ('root_hardware_mfa', "demand = 'root_hardware_mfa'"),
        ('password_policy_strong', "demand = 'password_policy_strong'"),
    ]) }} as demands
from judged
