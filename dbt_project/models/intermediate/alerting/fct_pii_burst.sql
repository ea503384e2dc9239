{%- set control = 'ctl_al_04__personal_data_excess_is_reviewed' -%}
{%- set threshold = parameter_of(control, 'threshold') or 100 -%}
{%- set window_seconds = parameter_of(control, 'window_seconds') or 3600 -%}
-- Queries count, not the rows that came back: those of the applications' log, and reads that the databases themselves
-- audited in stores registered for personal data.
with logged as (
    select 'app ' || event_id as event_id, occurred_at, account, person_ref, store_id
    from {{ ref('int_personal_data_queries') }}
    union all
    select 'db ' || statements.event_id, statements.occurred_at, lower(statements.db_user), null, statements.database_id
    from {{ ref('fct_db_statement') }} as statements
    inner join {{ ref('dim_data_store') }} as stores
        on stores.store_id = statements.database_id and stores.classification = 'pii'
    where statements.statement_class = 'READ'
),

queries as (
    select
        logged.event_id,
        logged.occurred_at,
        logged.account,
        coalesce(named.person_key, accounts.person_key) as person_key,
        coalesce(accounts.is_service, services.login is not null) as is_service,
        coalesce(named.person_key, accounts.person_key, 'login ' || logged.account) as user_key
    from logged
    cross join {{ ref('dim_engagement') }} as engagement
    left join {{ ref('int_person_refs') }} as named on named.ref = logged.person_ref
    left join {{ ref('int_logins_resolved') }} as accounts on accounts.login = logged.account
    left join (
        select distinct lower(coalesce(login, account_id)) as login
        from ({{ newest(ref('stg_registers__service_accounts')) }}) as registered
    ) as services on services.login = logged.account
    where logged.occurred_at <= {{ as_of() }}
        and logged.occurred_at >= cast(engagement.window_start as timestamp)
)

{{ burst_episodes('queries', threshold, window_seconds, window_seconds, kept=['account', 'person_key', 'is_service']) }}
