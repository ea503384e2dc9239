-- Who is behind a login or address, when exactly one person is: as logs and alerts write them, without the system.
with known as (
    select lower(login) as login, person_key, resolution = 'service' as is_service
    from {{ ref('bridge_account_person') }}
    where login is not null and source_id in ('okta', 'aws_iam')
    union
    select lower(work_email), person_key, false from {{ ref('dim_person') }} where work_email is not null
    union
    select {{ normalised_email('work_email') }}, person_key, false from {{ ref('dim_person') }} where work_email is not null
    union
    select lower(login), person_key, kind = 'service' from {{ ref('dim_db_login') }}
)

select
    login,
    case when count(distinct person_key) = 1 then min(person_key) end as person_key,
    max(case when is_service then 1 else 0 end) = 1 as is_service
from known
group by login
