-- Four kinds of rows: a permission that a person holds, an assignment to a role that nobody declared, a right that no line
-- of the register gives a meaning, and a list of rights that was refused.
with assignments as (
    select
        people.person_key,
        nullif(trim(listed.role), '') as role,
        nullif(trim(listed.permission), '') as permission,
        listed.valid_from,
        listed.valid_to,
        listed.ticket,
        listed.valid_from <= {{ as_of() }} and (listed.valid_to is null or listed.valid_to > {{ as_of() }}) as is_running
    from ({{ newest(ref('stg_registers__role_assignments')) }}) as listed
    inner join {{ ref('int_person_refs') }} as people on people.ref = listed.person_id
    left join {{ ref('int_person_refs') }} as approvers on approvers.ref = listed.approved_by
    -- Nobody gives a role to themselves.
    where approvers.person_key is not null and approvers.person_key <> people.person_key
),

declared as (
    select distinct role from ({{ newest(ref('stg_registers__roles')) }}) as roles
),

versions as (
    select max(commit_sha) as role_file_sha from ({{ newest(ref('stg_registers__roles')) }}) as roles
),

assigned as (
    select person_key, {{ sorted_set('role') }} as roles
    from assignments
    where role is not null and is_running
    group by person_key
),

-- Of two roles, what either grants less what either denies.
declared_permissions as (
    select
        assignments.person_key,
        permissions.permission,
        max(case when permissions.is_allowed then 1 else 0 end) = 1
            and max(case when permissions.is_denied then 1 else 0 end) = 0 as is_granted
    from assignments
    inner join {{ ref('dim_role_permission') }} as permissions on permissions.role = assignments.role
    where assignments.is_running
    group by assignments.person_key, permissions.permission
),

lent as (
    select person_key, permission, max(valid_to) as lent_until
    from assignments
    where permission is not null and is_running and valid_to is not null
        and (coalesce(trim(ticket), '') <> '' or not {{ param('temporary_grant_requires_ticket') }})
    group by person_key, permission
),

moving as (
    select
        assignments.person_key,
        permissions.permission,
        max({{ plus_business_days('assignments.valid_to', param('mover_grace_business_days')) }}) as due_at
    from assignments
    inner join {{ ref('dim_role_permission') }} as permissions
        on permissions.role = assignments.role and permissions.is_allowed and not permissions.is_denied
    -- Only who goes on in another role moves.
    inner join assigned on assigned.person_key = assignments.person_key
    where assignments.valid_to <= {{ as_of() }}
    group by assignments.person_key, permissions.permission
),

held as (
    select * from {{ ref('fct_effective_permission') }}
),

in_production as (
    select distinct person_key
    from held
    where {{ matches_any_pattern('permission', param_value('production_permissions') or []) }}
),

rights as (
    select distinct source_id, entitlement, is_current
    from {{ ref('fct_access_grant') }}
    where effect = 'allow'
),

unmapped as (
    select
        rights.source_id,
        rights.entitlement,
        earlier.entitlement is not null as is_old
    from rights
    left join ({{ newest(ref('stg_registers__permission_map')) }}) as meanings
        on meanings.source_id = rights.source_id
        and {{ overlap('rights.entitlement', 'trim(meanings.entitlement_pattern)') }}
    left join rights as earlier
        on not earlier.is_current and earlier.source_id = rights.source_id and earlier.entitlement = rights.entitlement
    where rights.is_current and meanings.source_id is null
),

refused as (
    select 'okta|' || group_id as place from {{ ref('stg_okta__group_members') }} where _day = {{ as_of_day() }} and error_code is not null
    union
    select 'github|' || repo_full_name from {{ ref('stg_github__collaborators') }} where _day = {{ as_of_day() }} and error_code is not null
    union
    select 'aws_iam|' || listed.kind
    from (
        select 'users' as kind, _day, error_code from {{ ref('stg_aws_iam__users') }}
        union all
        select 'groups', _day, error_code from {{ ref('stg_aws_iam__groups') }}
        union all
        select 'roles', _day, error_code from {{ ref('stg_aws_iam__roles') }}
        union all
        select 'policies', _day, error_code from {{ ref('stg_aws_iam__policies') }}
    ) as listed
    where listed._day = {{ as_of_day() }} and listed.error_code is not null
),

population as (
    select
        held.person_key || '|' || held.permission as entity_key,
        'permission' as kind,
        held.person_key,
        held.permission,
        held.source_ids,
        held.logins,
        held.entitlements,
        held.grant_paths,
        coalesce(assigned.roles, {{ empty_list() }}) as declared_roles,
        in_production.person_key is not null and assigned.person_key is null as is_without_role,
        not coalesce(declared_permissions.is_granted, false) and lent.person_key is null as is_excess,
        lent.lent_until,
        moving.due_at > {{ as_of() }} as is_moving,
        moving.due_at,
        false as is_old
    from held
    left join assigned on assigned.person_key = held.person_key
    left join declared_permissions
        on declared_permissions.person_key = held.person_key and declared_permissions.permission = held.permission
    left join lent on lent.person_key = held.person_key and lent.permission = held.permission
    left join moving on moving.person_key = held.person_key and moving.permission = held.permission
    left join in_production on in_production.person_key = held.person_key

    union all

    select distinct
        assignments.person_key || '|role ' || assignments.role,
        'role',
        assignments.person_key,
        null,
        {{ empty_list() }},
        {{ empty_list() }},
        {{ empty_list() }},
        {{ empty_list() }},
        {{ list_of('assignments.role') }},
        false, false, cast(null as timestamp), false, cast(null as timestamp), false
    from assignments
    where assignments.is_running and assignments.role is not null and assignments.role not in (select role from declared)

    union all

    select
        source_id || '|' || entitlement,
        'unmapped',
        null,
        null,
        {{ list_of('source_id') }},
        {{ empty_list() }},
        {{ list_of('entitlement') }},
        {{ empty_list() }},
        {{ empty_list() }},
        false, false, null, false, null, is_old
    from unmapped

    union all

    select
        'refused|' || place, 'refused', null, null, {{ empty_list() }}, {{ empty_list() }}, {{ list_of('place') }}, {{ empty_list() }},
        {{ empty_list() }}, false, false, null, false, null, false
    from refused
),

judged as (
    select
        population.*,
        people.display_name,
        versions.role_file_sha,
        {{ codes([
            ('EXCESS_PERMISSION', "kind = 'permission' and is_excess and not is_without_role"),
            ('NO_DECLARED_ROLE', 'is_without_role'),
            ('UNKNOWN_ROLE', "kind = 'role'"),
            ('UNMAPPED_ENTITLEMENT', "kind = 'unmapped' and is_old"),
        ]) }} as codes
    from population
    cross join versions
    left join (select person_key as person, display_name from {{ ref('dim_person') }}) as people on people.person = population.person_key
)

select
    entity_key,
    case kind
        when 'permission' then coalesce(display_name, person_key) || ': ' || permission
        when 'role' then coalesce(display_name, person_key) || ': role ' || {{ comma_separated('declared_roles') }}
        else {{ comma_separated('entitlements') }}
    end as entity_name,
    person_key as owner_key,
    {{ row_result(
        unknown="kind = 'refused' or (kind = 'unmapped' and not is_old)",
        pending="kind = 'permission' and is_excess and not is_without_role and coalesce(is_moving, false)",
    ) }} as result,
    codes,
    case
        when kind = 'refused' then 'The rights could not be listed.'
        when kind = 'unmapped' and is_old then 'No line says what the right means, and it has been there for longer than the grace.'
        when kind = 'unmapped' then 'No line says yet what the right means.'
        when kind = 'role' then 'The assigned role is not declared.'
        when is_without_role then 'The person holds permissions of production and has no role.'
        when is_excess and is_moving then 'The role that granted it ended; the right is due to go by ' || {{ instant_text('due_at') }} || '.'
        when is_excess and {{ is_empty_list("declared_roles") }} then 'The person has no role that grants it.'
        when is_excess then 'Not granted by ' || {{ listed('declared_roles') }} || ', and not lent.'
        when lent_until is not null then 'Lent until ' || {{ instant_text('lent_until') }} || '.'
        else 'Granted by ' || {{ listed('declared_roles') }} || '.'
    end as reason,
    person_key,
    logins,
    declared_roles,
    permission,
    source_ids,
    entitlements,
    grant_paths,
    role_file_sha
from judged
