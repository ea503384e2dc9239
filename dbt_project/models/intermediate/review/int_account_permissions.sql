{#- What accounts may do by what their own system says, on the day judged. Apps behind the identity provider are not read. #}
with users as (
    select * from {{ ref('stg_aws_iam__users') }} where _day = {{ as_of_day() }} and error_code is null
),

groups as (
    select * from {{ ref('stg_aws_iam__groups') }} where _day = {{ as_of_day() }} and error_code is null
),

policies as (
    select arn, {{ default_document('versions') }} as document
    from {{ ref('stg_aws_iam__policies') }}
    where _day = {{ as_of_day() }} and error_code is null
),

memberships as (select user_id, {{ unpacked('group_names') }} as group_name from users),

holders as (
    select user_id, inline_policies, attached_policies from users
    union all
    select memberships.user_id, groups.inline_policies, groups.attached_policies
    from memberships
    inner join groups on groups.group_name = memberships.group_name
),

documents as (
    select holders.user_id, {{ json_value('item.element', '$.PolicyDocument') }} as document, cast(null as varchar) as policy_name
    from holders
    cross join lateral {{ json_each('holders.inline_policies') }} as item
    union all
    select holders.user_id, policies.document, {{ json_text('item.element', '$.PolicyName') }}
    from holders
    cross join lateral {{ json_each('holders.attached_policies') }} as item
    left join policies on policies.arn = {{ json_text('item.element', '$.PolicyArn') }}
),

actions as (
    select documents.user_id, {{ unpacked(policy_texts('item.element', 'Action')) }} as permission
    from documents
    cross join {{ each_item(policy_statements('documents.document')) }} as item (element)
    where {{ json_text('item.element', '$.Effect') }} = 'Allow'
    union all
    -- Policies that AWS keeps itself are not in the listing: they are known by name.
    select user_id, 'policy:' || policy_name from documents where document is null
),

okta_groups as (
    select members.user_id, 'group:' || listed.name as permission
    from (
        select group_id, {{ unpacked('user_ids') }} as user_id
        from {{ ref('stg_okta__group_members') }}
        where _day = {{ as_of_day() }} and error_code is null
    ) as members
    inner join {{ ref('stg_okta__groups') }} as listed
        on listed.group_id = members.group_id and listed._day = {{ as_of_day() }}
),

okta_roles as (
    select user_id, 'admin:' || role_type as permission
    from (
        select user_id, {{ unpacked('role_types') }} as role_type
        from {{ ref('stg_okta__admin_roles') }}
        where _day = {{ as_of_day() }} and error_code is null
    ) as held
),

members as (
    select account_id, 'org:' || status as permission
    from {{ ref('dim_account') }}
    where source_id = 'github' and valid_to is null
),

held as (
    select 'aws_iam' as source_id, user_id as account_id, permission from actions
    union all
    select 'okta', user_id, permission from okta_groups
    union all
    select 'okta', user_id, permission from okta_roles
    union all
    select 'github', account_id, permission from members
)

select
    source_id,
    account_id,
    {{ sorted_set('permission') }} as permissions
from held
where permission is not null
group by source_id, account_id
