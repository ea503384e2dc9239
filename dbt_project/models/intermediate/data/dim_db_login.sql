-- Who is behind each login of a database: a registered service, the person of an approved override, or the person whose
-- work address or its first part is the login. Logins that are gone too: what they did stays.
with logins as (
    select distinct lower(grantee) as login from {{ ref('stg_db_grants__grants') }} where grantee is not null
    union
    select distinct lower(db_user) from {{ ref('stg_db_audit__statements') }} where db_user is not null
),

services as (
    select distinct lower(coalesce(account_id, login)) as login
    from ({{ newest(ref('stg_registers__service_accounts')) }}) as registered
    where source_id = 'db_grants'
),

overrides as (
    select lower(listed.account_id) as login, min(people.person_key) as person_key
    from ({{ newest(ref('stg_registers__identity_overrides')) }}) as listed
    inner join {{ ref('int_person_refs') }} as people on people.ref = listed.person_id
    where listed.source_id = 'db_grants' and coalesce(listed.approved_by, '') <> ''
    group by lower(listed.account_id)
    having count(distinct people.person_key) = 1
),

addresses as (
    select lower(work_email) as login, person_key, current_status from {{ ref('dim_person') }} where work_email is not null
    union
    select split_part(lower(work_email), '@', 1), person_key, current_status from {{ ref('dim_person') }} where work_email is not null
),

-- An address that was given away belongs to whoever works here; to two of them, to nobody.
owners as (
    select login, min(person_key) as person_key
    from (
        select *
        from addresses
        qualify rank() over (partition by login order by case when current_status = 'ended' then 1 else 0 end) = 1
    ) as ranked
    group by login
    having count(distinct person_key) = 1
)

select
    logins.login,
    case when services.login is null then coalesce(overrides.person_key, owners.person_key) end as person_key,
    case
        when services.login is not null then 'service'
        when overrides.person_key is not null or owners.person_key is not null then 'human'
        else 'unresolved'
    end as kind
from logins
left join services on services.login = logins.login
left join overrides on overrides.login = logins.login
left join owners on owners.login = logins.login
