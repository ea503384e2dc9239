with assigned as (
    select distinct people.person_key, trim(listed.role) as role
    from ({{ newest(ref('stg_registers__role_assignments')) }}) as listed
    inner join {{ ref('int_person_refs') }} as people on people.ref = listed.person_id
    where listed.valid_from <= {{ as_of() }} and (listed.valid_to is null or listed.valid_to > {{ as_of() }})
),

expected as (
    select distinct assigned.person_key, permissions.permission
    from assigned
    inner join {{ ref('dim_role_permission') }} as permissions on permissions.role = assigned.role and permissions.is_denied
),

databases as (
    {{ production_sql_databases() }}
),

exported as (
    select distinct database_id from {{ ref('fct_db_grant') }}
),

checks as (
    select
        'denials_of_everybody' as check_name,
        'registers.role_assignments' as scope,
        (select count(*) from expected) as expected,
        (select count(*) from {{ ref('ctl_ac_05__denied_permissions_are_not_held') }} where event_id is null) as actual,
        'what the roles of everybody deny, a row each' as detail
    union all
    select
        'databases_exported',
        'db_grants.grants',
        (select count(*) from databases),
        (select count(*) from databases where database_id in (select database_id from exported)),
        'production databases whose privileges were exported'
)

{{ checks_agree('checks', also="(check_name = 'databases_exported' or expected > 0)") }}
