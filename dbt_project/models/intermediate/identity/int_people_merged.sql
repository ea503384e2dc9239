{#-
  HR records and contractors become people. A contractor with an employee's address is that employee when contract and
  employment adjoin or overlap. After a longer gap the address may belong to somebody else by now: the two stay apart.
#}
{%- set adjoining_days = 31 -%}

with employees as (
    select
        'hris:' || employee_id as record_key,
        employee_number,
        display_name,
        work_email,
        {{ normalised_email('work_email') }} as email_key,
        location,
        supervisor_id,
        status,
        _day = max(_day) over () as is_listed
    from {{ ref('stg_hris__employees') }}
    where error_code is null
    qualify row_number() over (partition by employee_id order by _day desc, _seq desc) = 1
),

contracts as ({{ newest(ref('stg_registers__contractors')) }}),

contractors as (
    select
        'contractor:' || person_id as record_key,
        person_id,
        display_name,
        email,
        {{ normalised_email('email') }} as email_key,
        tz,
        manager_id,
        min(start_date) over (partition by person_id) as first_start_date,
        max(coalesce(end_date, date '9999-12-31')) over (partition by person_id) as last_end_date
    from contracts
    qualify row_number() over (partition by person_id order by start_date desc) = 1
),

employment as (
    select
        record_key,
        min(start_date) as first_start_date,
        max(coalesce(end_date, date '9999-12-31')) as last_end_date
    from {{ ref('int_hris_spells_built') }}
    group by record_key
),

converted as (
    select
        contractors.record_key,
        min(employees.record_key) as person_key
    from contractors
    inner join employees on employees.email_key = contractors.email_key
    inner join employment on employment.record_key = employees.record_key
    where {{ whole_days('contractors.last_end_date', 'employment.first_start_date') }} <= {{ adjoining_days }}
        and {{ whole_days('employment.last_end_date', 'contractors.first_start_date') }} <= {{ adjoining_days }}
    group by contractors.record_key
)

select
    employees.record_key,
    employees.record_key as person_key,
    'employee' as kind,
    employees.employee_number,
    cast(null as varchar) as contractor_id,
    employees.display_name,
    employees.work_email,
    employees.email_key,
    zones.tz as location_tz,
    'hris:' || employees.supervisor_id as manager_record_key,
    cast(null as varchar) as manager_ref,
    employees.status as hris_status,
    employees.is_listed
from employees
left join {{ ref('location_time_zones') }} as zones on zones.location = employees.location

union all

select
    contractors.record_key,
    coalesce(converted.person_key, contractors.record_key) as person_key,
    'contractor' as kind,
    null as employee_number,
    contractors.person_id as contractor_id,
    contractors.display_name,
    contractors.email as work_email,
    contractors.email_key,
    contractors.tz as location_tz,
    null as manager_record_key,
    contractors.manager_id as manager_ref,
    null as hris_status,
    true as is_listed
from contractors
left join converted on converted.record_key = contractors.record_key
