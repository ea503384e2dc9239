{#-
  Rights as the systems grant them, by whatever way they reach an account: as of the day judged, and as of the newest day
  before the grace of AC-04 for rights without a meaning, which tells for how long such a right has been there.
-#}
{%- set grace_days = parameter_of('ctl_ac_04__permissions_fit_the_role', 'unmapped_grace_days') -%}

with recursive days as (
    select {{ as_of_day() }} as _day, true as is_current
    union all
    select max(_day), false
    from {{ ref('stg_aws_iam__users') }}
    where _day <= {{ date_plus(as_of_day(), '-' ~ grace_days) }}
),

users as (
    select users.*
    from {{ ref('stg_aws_iam__users') }} as users
    inner join days on days._day = users._day
    where users.error_code is null
),

groups as (
    select listed.*
    from {{ ref('stg_aws_iam__groups') }} as listed
    inner join days on days._day = listed._day
    where listed.error_code is null
),

roles as (
    select listed.*
    from {{ ref('stg_aws_iam__roles') }} as listed
    inner join days on days._day = listed._day
    where listed.error_code is null
),

policies as (
    select listed._day, listed.arn, {{ default_document('listed.versions') }} as document
    from {{ ref('stg_aws_iam__policies') }} as listed
    inner join days on days._day = listed._day
    where listed.error_code is null
),

holders as (
    select _day, arn, 'user ' || user_name as label, inline_policies, attached_policies from users
    union all
    select _day, arn, 'group ' || group_name, inline_policies, attached_policies from groups
    union all
    select _day, arn, 'role ' || role_name, inline_policies, attached_policies from roles
),

documents as (
    select
        holders._day,
        holders.arn,
        holders.label || ', ' || {{ json_text('item.element', '$.PolicyName') }} as grant_path,
        {{ json_text('item.element', '$.PolicyName') }} as policy_name,
        {{ json_value('item.element', '$.PolicyDocument') }} as document
    from holders
    cross join lateral {{ json_each('holders.inline_policies') }} as item
    union all
    select
        holders._day,
        holders.arn,
        holders.label || ', ' || {{ json_text('item.element', '$.PolicyName') }},
        {{ json_text('item.element', '$.PolicyName') }},
        policies.document
    from holders
    cross join lateral {{ json_each('holders.attached_policies') }} as item
    left join policies on policies._day = holders._day and policies.arn = {{ json_text('item.element', '$.PolicyArn') }}
    union all
    -- A boundary allows nothing: it is kept beside the grants, and bounds them.
    select users._day, users.arn, 'boundary', 'boundary', policies.document
    from users
    inner join policies on policies._day = users._day and policies.arn = users.boundary_arn
),

statements as (
    select
        documents._day,
        documents.arn,
        documents.grant_path,
        case when documents.policy_name = 'boundary' then 'boundary' else lower({{ json_text('item.element', '$.Effect') }}) end as effect,
        {{ policy_texts('item.element', 'Action') }} as actions,
        {{ policy_texts('item.element', 'NotAction') }} as not_actions,
        {{ policy_texts('item.element', 'Resource') }} as resources,
        {{ json_value('item.element', '$.Condition') }} is not null as is_conditional,
        {{ json_text('item.element', '$.NotResource') }} is not null as has_not_resource
    from documents
    cross join {{ each_item(policy_statements('documents.document')) }} as item (element)
    where documents.document is not null
        and (documents.policy_name <> 'boundary' or {{ json_text('item.element', '$.Effect') }} = 'Allow')
),

-- A refusal that holds in some cases, or for what is not named, refuses nothing for certain.
by_action as (
    select _day, arn, grant_path, effect, coalesce(action, '*') as entitlement, resources, coalesce({{ compact('not_actions') }}, {{ empty_list() }}) as exceptions
    from (
        select *, {{ unpacked('actions') }} as action
        from statements
        where effect <> 'deny' or not (is_conditional or has_not_resource or not {{ is_empty_list(compact('not_actions')) }})
    ) as listed
),

allowed as (
    select _day, arn, grant_path, effect, entitlement, coalesce(resource, '*') as resource, exceptions
    from (select *, {{ unpacked('resources') }} as resource from by_action) as listed
    union all
    -- The documents of AWS's own policies are not in the listing: they are known by name.
    select
        _day, arn, grant_path, 'allow',
        case when policy_name = 'AdministratorAccess' then '*' else 'policy:' || policy_name end,
        '*',
        {{ empty_list() }}
    from documents
    where document is null
),

members as (
    select _day, user_id, arn as holder from users
    union all
    select users._day, users.user_id, groups.arn
    from (select _day, user_id, {{ unpacked('group_names') }} as group_name from users) as users
    inner join groups on groups._day = users._day and groups.group_name = users.group_name
),

trusts as (
    select _day, role_arn, principal
    from (
        select roles._day, roles.arn as role_arn, {{ unpacked(policy_texts('item.element', 'Principal.AWS')) }} as principal
        from roles
        cross join {{ each_item(policy_statements('roles.trust_policy')) }} as item (element)
        where {{ json_text('item.element', '$.Effect') }} = 'Allow'
    ) as listed
    where principal is not null
),

-- A role that trusts the whole account is assumed by whoever may assume it.
assumable as (
    select members._day, members.user_id, trusts.role_arn as holder
    from members
    inner join allowed
        on allowed._day = members._day
        and allowed.arn = members.holder
        and allowed.effect = 'allow'
        and {{ covers('allowed.entitlement', "'sts:AssumeRole'") }}
    inner join trusts
        on trusts._day = members._day
        and (trusts.principal = '*' or trusts.principal like '%:root')
        and {{ covers('allowed.resource', 'trusts.role_arn') }}
),

reached (_day, user_id, holder) as (
    select _day, user_id, holder from members
    union
    select _day, user_id, holder from assumable
    union
    select reached._day, reached.user_id, trusts.role_arn
    from reached
    inner join trusts on trusts._day = reached._day and trusts.principal = reached.holder
),

grants as (
    select
        reached._day,
        'aws_iam' as source_id,
        reached.user_id as account_id,
        allowed.effect,
        allowed.entitlement,
        allowed.resource,
        allowed.exceptions,
        allowed.grant_path
    from reached
    inner join allowed on allowed._day = reached._day and allowed.arn = reached.holder

    union all

    select members._day, 'okta', members.user_id, 'allow', 'group:' || groups.name, '*', {{ empty_list() }}, 'group ' || groups.name
    from (
        select _day, group_id, {{ unpacked('user_ids') }} as user_id
        from {{ ref('stg_okta__group_members') }}
        where error_code is null
    ) as members
    inner join {{ ref('stg_okta__groups') }} as groups on groups._day = members._day and groups.group_id = members.group_id

    union all

    select _day, 'github', user_id, 'allow', 'role:' || role_name, repo_full_name, {{ empty_list() }}, role_name || ' of ' || repo_full_name
    from {{ ref('stg_github__collaborators') }}
    where user_id is not null

    union all

    -- Owning an object, or being in an administrative role, is every privilege.
    select
        {{ as_of_day() }},
        'db_grants',
        grantee,
        'allow',
        case
            when privilege_type in ('OWNER', 'ALL', 'ALL PRIVILEGES', 'SUPERUSER', 'RDS_SUPERUSER', 'CONTROL') then '*'
            when privilege_type = 'PG_WRITE_ALL_DATA' then 'INSERT'
            when privilege_type = 'PG_READ_ALL_DATA' then 'SELECT'
            else regexp_replace(privilege_type, '^DEFAULT ', '')
        end,
        database_id || '/' || object_name,
        {{ empty_list() }},
        privilege_type || ' on ' || {{ last_part('database_id') }} || ' ' || object_name
    from {{ ref('fct_db_grant') }}
    where kind = 'human'
)

select
    grants.*,
    days.is_current
from grants
inner join days on days._day = grants._day
