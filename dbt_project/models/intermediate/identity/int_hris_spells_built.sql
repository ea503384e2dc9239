{#- Every status row that follows a termination (or comes first) opens a spell; the next Terminated row ends it. #}
with employees as (
    select *
    from {{ ref('stg_hris__employees') }}
    where error_code is null
    qualify row_number() over (partition by employee_id order by _day desc, _seq desc) = 1
),

status_rows as (
    select
        *,
        lower(employment_status) = 'terminated' as is_end
    from {{ ref('stg_hris__employment_status') }}
    where error_code is null and effective_date is not null
    qualify _day = max(_day) over (partition by employee_id)
),

opened as (
    select
        *,
        case
            when not is_end
                and coalesce(lag(is_end) over (partition by employee_id order by effective_date, try_cast(status_row_id as bigint)), true)
                then 1
            else 0
        end as opens_spell
    from status_rows
),

numbered as (
    select
        *,
        sum(opens_spell) over (
            partition by employee_id order by effective_date, try_cast(status_row_id as bigint) rows unbounded preceding
        ) as spell_no
    from opened
),

from_history as (
    select
        employee_id,
        spell_no,
        min(case when not is_end then effective_date end) as first_status_date,
        min(case when is_end then effective_date end) as end_date
    from numbered
    group by employee_id, spell_no
),

end_reasons as (
    select
        employee_id,
        spell_no,
        termination_reason as end_reason
    from numbered
    where is_end
    qualify row_number() over (partition by employee_id, spell_no order by effective_date, try_cast(status_row_id as bigint)) = 1
),

spells as (
    select
        employees.employee_id,
        {#- The history may begin later than the employment did; a later hire date is that of a rehire. #}
        case
            when from_history.spell_no is null then employees.hire_date
            when from_history.spell_no <= 1 then {{ oldest_of(['from_history.first_status_date', 'employees.hire_date']) }}
            else from_history.first_status_date
        end as start_date,
        case when from_history.spell_no is null then employees.termination_date else from_history.end_date end as end_date,
        end_reasons.end_reason,
        from_history.spell_no is not null as is_from_history
    from employees
    left join from_history on from_history.employee_id = employees.employee_id
    left join end_reasons
        on end_reasons.employee_id = from_history.employee_id and end_reasons.spell_no = from_history.spell_no
),

{#- When the end became known: HR's own change stamp in the first extract that shows it. #}
ends_seen as (
    select
        employee_id,
        effective_date as end_date,
        min(_day) as first_seen_day
    from {{ ref('stg_hris__employment_status') }}
    where error_code is null and lower(employment_status) = 'terminated'
    group by employee_id, effective_date
),

notices as (
    select
        ends_seen.employee_id,
        ends_seen.end_date,
        employees.last_changed_at as notified_at
    from ends_seen
    left join {{ ref('stg_hris__employees') }} as employees
        on employees.employee_id = ends_seen.employee_id and employees._day = ends_seen.first_seen_day
    qualify row_number() over (partition by ends_seen.employee_id, ends_seen.end_date order by employees._seq desc) = 1
)

select
    'hris:' || spells.employee_id as record_key,
    spells.start_date,
    spells.end_date,
    spells.end_reason,
    notices.notified_at,
    spells.is_from_history
from spells
left join notices on notices.employee_id = spells.employee_id and notices.end_date = spells.end_date
where spells.start_date is not null
