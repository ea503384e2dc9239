select distinct
    grants.database_id,
    grants.grantee,
    coalesce(grants.table_schema, '*') || '.' || coalesce(grants.table_name, '*') as object_name,
    grants.privilege_type,
    coalesce(grants.is_grantable, false) as is_grantable,
    logins.person_key,
    logins.kind
from {{ ref('stg_db_grants__grants') }} as grants
inner join {{ ref('dim_db_login') }} as logins on logins.login = lower(grants.grantee)
where grants._day = {{ as_of_day() }} and grants.error_code is null
