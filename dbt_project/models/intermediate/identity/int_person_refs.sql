{#- When two people share an employee number, the one whose employment runs longest answers to it. #}
with people as (select * from {{ ref('int_people_merged') }}),

spells as (
    select person_key, max(coalesce(end_date, date '9999-12-31')) as last_end_date
    from {{ ref('dim_employment_spell') }}
    group by person_key
),

refs as (
    select employee_number as ref, person_key from people where employee_number is not null
    union all
    select contractor_id as ref, person_key from people where contractor_id is not null
    union all
    select record_key as ref, person_key from people
)

select
    refs.ref,
    refs.person_key
from refs
left join spells on spells.person_key = refs.person_key
qualify row_number() over (partition by refs.ref order by spells.last_end_date desc nulls last, refs.person_key) = 1
