with records as (select * from {{ ref('int_people_merged') }}),

spells as (select * from {{ ref('dim_employment_spell') }}),

employment as (
    select
        person_key,
        min(start_effective_at) as first_start_at,
        case when count(end_date) = count(*) then max(end_effective_at) end as last_end_at,
        max(case when start_effective_at <= {{ as_of() }} and (end_effective_at is null or end_effective_at > {{ as_of() }}) then 1 else 0 end) = 1
            as is_employed,
        max(case when start_effective_at > {{ as_of() }} then 1 else 0 end) = 1 as is_expected
    from spells
    group by person_key
),

on_leave as (
    select 'hris:' || employee_id as record_key
    from (
        select employee_id, employment_status
        from {{ ref('stg_hris__employment_status') }}
        where error_code is null and effective_date <= {{ as_of_day() }}
        qualify _day = max(_day) over (partition by employee_id)
            and row_number() over (
                partition by employee_id, _day order by effective_date desc, try_cast(status_row_id as bigint) desc
            ) = 1
    ) as current_status
    where lower(employment_status) like '%leave%'
),

{#- An employee record describes a person better than the contract that preceded it. #}
main_records as (
    select *
    from records
    qualify row_number() over (partition by person_key order by case kind when 'employee' then 0 else 1 end, record_key) = 1
),

numbers as (
    select person_key, {{ distinct_texts('employee_number') }} as employee_numbers
    from records
    group by person_key
),

references_to_people as (select * from {{ ref('int_person_refs') }})

select
    main_records.person_key,
    numbers.employee_numbers,
    main_records.display_name,
    main_records.work_email,
    main_records.kind,
    main_records.location_tz,
    coalesce(managers.person_key, managers_by_ref.person_key) as manager_key,
    case
        -- A record that HR no longer lists vouches for nobody.
        when not main_records.is_listed then 'ended'
        when employment.is_employed and on_leave.record_key is not null then 'on_leave'
        when employment.is_employed then 'active'
        when employment.is_expected then 'future'
        when employment.person_key is null and main_records.hris_status = 'Active' then 'active'
        else 'ended'
    end as current_status,
    case main_records.kind when 'employee' then 'hris' else 'registers' end as source_id,
    employment.first_start_at as valid_from,
    employment.last_end_at as valid_to
from main_records
inner join numbers on numbers.person_key = main_records.person_key
left join employment on employment.person_key = main_records.person_key
left join on_leave on on_leave.record_key = main_records.record_key
left join records as managers on managers.record_key = main_records.manager_record_key
left join references_to_people as managers_by_ref on managers_by_ref.ref = main_records.manager_ref
