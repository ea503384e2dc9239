-- Statements of the window, each once; a heartbeat is none.
select
    statements.event_id,
    statements.database_id,
    statements.occurred_at,
    statements.db_user,
    statements.statement_class,
    statements.object_name,
    logins.person_key,
    coalesce(logins.kind, 'unresolved') as kind
from {{ ref('stg_db_audit__statements') }} as statements
cross join {{ ref('dim_engagement') }} as engagement
left join {{ ref('dim_db_login') }} as logins on logins.login = lower(statements.db_user)
where statements.statement_class <> 'HEARTBEAT'
    and statements.occurred_at <= {{ as_of() }}
    and statements.occurred_at >= cast(engagement.window_start as timestamp)
qualify row_number() over (partition by statements.event_id order by statements._day desc, statements._run_id, statements._seq) = 1
