with databases as (
    {{ production_sql_databases() }}
),

exported as (
    select distinct database_id from {{ ref('fct_db_grant') }}
),

heartbeats as (
    select database_id
    from {{ ref('stg_db_audit__statements') }}
    where occurred_at <= {{ as_of() }} and occurred_at >= {{ plus_hours(as_of(), -24) }}
    group by database_id
),

-- Without an export of audited statements there is nothing to expect a sign of life from.
in_use as (
    select count(*) > 0 as is_exported from {{ ref('stg_db_audit__statements') }}
),

figures as (
    select
        count(*) as databases,
        coalesce(sum(case when exported.database_id is not null then 1 else 0 end), 0) as databases_exported,
        coalesce(sum(case when heartbeats.database_id is not null then 1 else 0 end), 0) as databases_alive
    from databases
    left join exported on exported.database_id = databases.database_id
    left join heartbeats on heartbeats.database_id = databases.database_id
),

checks as (
    select
        'databases_exported' as check_name,
        'db_grants.grants' as scope,
        databases as expected,
        databases_exported as actual,
        'production databases whose privileges were exported' as detail
    from figures
    union all
    select
        'heartbeats_seen',
        'db_audit.statements',
        case when is_exported then databases else 0 end,
        case when is_exported then databases_alive else 0 end,
        'production databases whose audit log showed a sign of life within 24 hours'
    from figures
    cross join in_use
    union all
    -- Only there to prove an empty population.
    select
        'no_human_logins',
        'db_grants.grants',
        0,
        0,
        'logins of production databases that are no application''s'
    from figures
    where databases > 0
        and databases = databases_exported
        and not exists (
            select 1
            from {{ ref('fct_db_grant') }} as grants
            inner join databases on databases.database_id = grants.database_id
            where grants.kind <> 'service'
        )
)

{{ checks_agree('checks') }}
