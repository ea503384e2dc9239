-- Two kinds of rows: what a person's roles deny them, and each audited statement that did such a thing.
with assignments as (
    select
        people.person_key,
        trim(listed.role) as role,
        listed.valid_from,
        listed.valid_to
    from ({{ newest(ref('stg_registers__role_assignments')) }}) as listed
    inner join {{ ref('int_person_refs') }} as people on people.ref = listed.person_id
    where coalesce(trim(listed.role), '') <> ''
),

-- A denial that is not inherited is one that the role itself names.
denials as (
    select assignments.person_key, assignments.role, assignments.valid_from, assignments.valid_to, permissions.permission
    from assignments
    inner join {{ ref('dim_role_permission') }} as permissions on permissions.role = assignments.role and permissions.is_denied
    where {{ param('deny_inherits') }} or {{ includes('permissions.denied_by', 'assignments.role') }}
),

denied as (
    select person_key, permission, {{ sorted_set('role') }} as roles
    from denials
    where valid_from <= {{ as_of() }} and (valid_to is null or valid_to > {{ as_of() }})
    group by person_key, permission
),

sessions as (
    select people.person_key, listed.session_name, listed.started_at, listed.ended_at
    from ({{ newest(ref('stg_registers__break_glass')) }}) as listed
    inner join {{ ref('int_person_refs') }} as people on people.ref = listed.person_id
    inner join {{ ref('int_person_refs') }} as approvers on approvers.ref = listed.approved_by
    where approvers.person_key <> people.person_key
),

covering_now as (
    select person_key, min(session_name) as session_name
    from sessions
    where started_at <= {{ as_of() }} and (ended_at is null or ended_at > {{ as_of() }})
    group by person_key
),

meanings as (
    select source_id, trim(entitlement_pattern) as entitlement_pattern, trim(resource_pattern) as resource_pattern, trim(permission) as permission
    from (
        select source_id, entitlement_pattern, resource_pattern, {{ unpacked('permissions') }} as permission
        from ({{ newest(ref('stg_registers__permission_map')) }}) as registered
        where source_id = 'db_grants'
    ) as listed
),

uses as (
    select distinct
        statements.event_id,
        statements.occurred_at,
        statements.database_id,
        statements.person_key,
        meanings.permission,
        sessions.session_name
    from {{ ref('fct_db_statement') }} as statements
    inner join meanings
        on {{ overlap("case statements.statement_class when 'READ' then 'SELECT' else 'INSERT' end", 'meanings.entitlement_pattern') }}
        and {{ overlap("statements.database_id || '/' || coalesce(statements.object_name, '*')", 'meanings.resource_pattern') }}
    inner join denials
        on denials.person_key = statements.person_key
        and denials.permission = meanings.permission
        and denials.valid_from <= statements.occurred_at
        and (denials.valid_to is null or denials.valid_to > statements.occurred_at)
    left join sessions
        on sessions.person_key = statements.person_key
        and sessions.started_at <= statements.occurred_at
        and (sessions.ended_at is null or sessions.ended_at >= statements.occurred_at)
    where statements.statement_class in ('READ', 'WRITE', 'DDL')
),

unread as (
    select count(*) as lists from {{ ref('ctl_ac_04__permissions_fit_the_role') }} where entity_key like 'refused|%'
),

population as (
    select
        denied.person_key || '|' || denied.permission as entity_key,
        denied.person_key,
        denied.permission,
        {{ listed('denied.roles') }} as role,
        held.grant_paths,
        held.source_ids,
        cast(null as varchar) as event_id,
        cast(null as timestamp) as occurred_at,
        covering_now.session_name,
        held.person_key is not null as is_held,
        false as is_used,
        unread.lists > 0 as is_unread
    from denied
    cross join unread
    left join {{ ref('fct_effective_permission') }} as held
        on held.person_key = denied.person_key and held.permission = denied.permission
    left join covering_now on covering_now.person_key = denied.person_key

    union all

    select
        person_key || '|' || permission || '|' || event_id, person_key, permission, null, {{ list_of('database_id') }}, {{ list_of("'db_audit'") }},
        event_id, occurred_at, max(session_name), false, true, false
    from uses
    group by person_key, permission, event_id, occurred_at, database_id
),

judged as (
    select
        population.*,
        people.display_name,
        {{ codes([
            ('DENIED_PERMISSION_HELD', 'is_held and session_name is null'),
            ('DENIED_PERMISSION_USED', 'is_used and session_name is null'),
        ]) }} as codes
    from population
    left join {{ ref('dim_person') }} as people on people.person_key = population.person_key
)

select
    entity_key,
    coalesce(display_name, person_key) || ': ' || permission as entity_name,
    person_key as owner_key,
    {{ row_result(unknown='not is_held and is_unread') }} as result,
    codes,
    case
        when is_used and session_name is null then 'Was done on ' || {{ instant_text('occurred_at') }} || ' outside an approved emergency session.'
        when is_used then 'Was done in the emergency session ' || session_name || '.'
        when is_held and session_name is null then 'Denied by ' || role || ' and held: ' || {{ listed('grant_paths') }} || '.'
        when is_held then 'Held in the emergency session ' || session_name || '.'
        when is_unread then 'Not seen, but some rights could not be listed.'
        else 'Denied by ' || role || ' and not held.'
    end as reason,
    person_key,
    role,
    permission,
    coalesce(grant_paths, {{ empty_list() }}) as grant_paths,
    coalesce(source_ids, {{ empty_list() }}) as source_ids,
    event_id
from judged
