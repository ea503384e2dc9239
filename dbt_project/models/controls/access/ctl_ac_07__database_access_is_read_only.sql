-- Two kinds of rows: a login of a production database that is no application's, and each writing statement of such a login.
with databases as (
    {{ production_sql_databases() }}
),

groups_in_use as (
    select database_id, region, 'instance' as kind, {{ json_text('item.element', '$.DBParameterGroupName') }} as parameter_group
    from {{ ref('stg_aws_data__db_instances') }}
    cross join lateral {{ json_each('parameter_groups') }} as item
    -- A parameter that waits for a restart is not in force.
    where _day = {{ as_of_day() }} and {{ json_text('item.element', '$.ParameterApplyStatus') }} = 'in-sync'
    union all
    select database_id, region, 'cluster', parameter_group
    from {{ ref('stg_aws_data__db_clusters') }}
    where _day = {{ as_of_day() }} and parameter_group is not null
),

by_parameter as (
    select
        groups_in_use.database_id,
        min(case
            when parameters.parameter = 'pgaudit.log' and lower(coalesce(parameters.parameter_value, 'none')) not in ('none', '') then 'pgaudit.log'
            when parameters.parameter in ('server_audit_logging', 'general_log') and lower(parameters.parameter_value) in ('1', 'on', 'true')
                then parameters.parameter
        end) as parameter_name,
        max(case when parameters.error_code is not null then 1 else 0 end) = 1 as is_refused
    from groups_in_use
    inner join {{ ref('stg_aws_data__db_parameters') }} as parameters
        on parameters._day = {{ as_of_day() }}
        and parameters.region = groups_in_use.region
        and parameters.kind = groups_in_use.kind
        and parameters.parameter_group = groups_in_use.parameter_group
    group by groups_in_use.database_id
),

settings as (
    select database_id, log_exports, activity_stream_status
    from {{ ref('stg_aws_data__db_instances') }}
    where _day = {{ as_of_day() }} and database_id is not null
    union all
    select database_id, log_exports, activity_stream_status
    from {{ ref('stg_aws_data__db_clusters') }}
    where _day = {{ as_of_day() }} and database_id is not null
),

audits as (
    select
        databases.database_id,
        databases.name,
        max(case
            when settings.activity_stream_status = 'started' then 'activity stream'
            when {{ includes('settings.log_exports', "'audit'") }} or {{ includes('settings.log_exports', "'general'") }} then 'log export'
            else by_parameter.parameter_name
        end) as audit_mode,
        -- Redshift answers for its audit log elsewhere.
        max(case when settings.database_id is null or by_parameter.is_refused then 1 else 0 end) = 1 as is_unread
    from databases
    left join settings on settings.database_id = databases.database_id
    left join by_parameter on by_parameter.database_id = databases.database_id
    group by databases.database_id, databases.name
),

privileges as (
    select
        database_id,
        grantee,
        person_key,
        kind,
        case privilege_type when 'PG_READ_ALL_DATA' then 'SELECT' else regexp_replace(privilege_type, '^DEFAULT ', '') end as privilege_type
    from {{ ref('fct_db_grant') }}
    where kind <> 'service'
),

principals as (
    select
        database_id,
        grantee,
        max(person_key) as person_key,
        max(case when kind = 'unresolved' then 1 else 0 end) = 1 as is_shared,
        {{ sorted_set('privilege_type') }} as privilege_types
    from privileges
    group by database_id, grantee
),

sessions as (
    select people.person_key, min(listed.session_name) as session_name, listed.started_at, listed.ended_at
    from ({{ newest(ref('stg_registers__break_glass')) }}) as listed
    inner join {{ ref('int_person_refs') }} as people on people.ref = listed.person_id
    inner join {{ ref('int_person_refs') }} as approvers on approvers.ref = listed.approved_by
    where approvers.person_key <> people.person_key
    group by people.person_key, listed.started_at, listed.ended_at
),

-- What was done in a database that is gone by now was done.
ever as (
    select distinct database_id, name
    from {{ ref('dim_database') }}
    where coalesce(environment, 'production') in ('production', 'shared')
    qualify row_number() over (partition by database_id order by valid_from desc) = 1
),

writes as (
    select
        statements.event_id,
        statements.database_id,
        ever.name,
        statements.db_user,
        statements.person_key,
        statements.kind,
        statements.statement_class,
        statements.occurred_at,
        min(sessions.session_name) as session_name
    from {{ ref('fct_db_statement') }} as statements
    inner join ever on ever.database_id = statements.database_id
    left join sessions
        on sessions.person_key = statements.person_key
        and sessions.started_at <= statements.occurred_at
        and (sessions.ended_at is null or sessions.ended_at >= statements.occurred_at)
    where statements.statement_class in ('WRITE', 'DDL') and statements.kind <> 'service'
    group by
        statements.event_id, statements.database_id, ever.name, statements.db_user, statements.person_key, statements.kind,
        statements.statement_class, statements.occurred_at
),

population as (
    select
        principals.database_id || '|' || principals.grantee as entity_key,
        audits.name,
        principals.database_id,
        principals.grantee,
        principals.person_key,
        principals.privilege_types,
        {{ items_without('principals.privilege_types', param('read_privileges')) }} as writing,
        principals.is_shared,
        audits.audit_mode,
        audits.is_unread and audits.audit_mode is null as is_unread,
        cast(null as varchar) as event_id,
        cast(null as varchar) as statement_class,
        cast(null as timestamp) as occurred_at,
        cast(null as varchar) as session_name,
        false as is_human_write
    from principals
    inner join audits on audits.database_id = principals.database_id

    union all

    select
        database_id || '|' || coalesce(db_user, 'unknown') || '|' || event_id, name, database_id, db_user, person_key, {{ empty_list() }}, {{ empty_list() }},
        false, null, kind <> 'human', event_id, statement_class, occurred_at, session_name, kind = 'human'
    from writes
),

judged as (
    select
        *,
        {{ codes([
            ('WRITE_PRIVILEGE', "not " ~ is_empty_list('writing')),
            ('AUDIT_DISABLED', 'event_id is null and audit_mode is null and not is_unread'),
            ('SHARED_LOGIN', 'is_shared'),
            ('WRITE_STATEMENT_BY_HUMAN', 'is_human_write and session_name is null'),
        ]) }} as codes
    from population
)

select
    entity_key,
    name || ': ' || coalesce(grantee, 'unknown') as entity_name,
    person_key as owner_key,
    {{ row_result(unknown='is_unread') }} as result,
    codes,
    case
        when event_id is not null and session_name is not null then statement_class || ' in the emergency session ' || session_name || '.'
        when is_human_write then statement_class || ' on ' || {{ instant_text('occurred_at') }} || ' outside an approved emergency session.'
        when event_id is not null then statement_class || ' on ' || {{ instant_text('occurred_at') }} || ' by a login that nobody is known to be behind.'
        when not {{ is_empty_list("codes") }} then {{ sentence_of([
            "case when " ~ includes('codes', "'WRITE_PRIVILEGE'") ~ " then 'May do more than read: ' || " ~ listed('writing') ~ " end",
            "case when " ~ includes('codes', "'AUDIT_DISABLED'") ~ " then 'The database writes no audit log' end",
            "case when " ~ includes('codes', "'SHARED_LOGIN'") ~ " then 'No one person is behind the login' end",
        ]) }} || '.'
        when is_unread then 'Whether the database writes an audit log could not be read.'
        else 'Reads only; audited by ' || audit_mode || '.'
    end as reason,
    database_id,
    grantee,
    person_key,
    privilege_types,
    audit_mode,
    event_id
from judged
