{#-
  Addresses and the dates on which they were a person's. History before our first extract is unknown: the address of the
  first extract counts from the person's first day.
#}
with people as (select record_key, person_key from {{ ref('int_people_merged') }}),

starts as (
    select person_key, min(start_date) as first_start_date
    from {{ ref('dim_employment_spell') }}
    group by person_key
),

observed as (
    select
        'hris:' || employee_id as record_key,
        {{ normalised_email('work_email') }} as email_key,
        _day
    from {{ ref('stg_hris__employees') }}
    where error_code is null

    union all

    select
        'contractor:' || person_id as record_key,
        {{ normalised_email('email') }} as email_key,
        _day
    from {{ ref('stg_registers__contractors') }}
),

bounded as (
    select
        record_key,
        email_key,
        _day,
        min(_day) over (partition by record_key) as first_day,
        max(_day) over (partition by record_key) as last_day
    from observed
)

select
    people.person_key,
    bounded.email_key,
    case
        when min(bounded._day) = min(bounded.first_day) then coalesce(min(starts.first_start_date), min(bounded._day))
        else min(bounded._day)
    end as valid_from,
    case when max(bounded._day) < max(bounded.last_day) then max(bounded._day) end as valid_to
from bounded
inner join people on people.record_key = bounded.record_key
left join starts on starts.person_key = people.person_key
where bounded.email_key is not null
group by people.person_key, bounded.email_key
