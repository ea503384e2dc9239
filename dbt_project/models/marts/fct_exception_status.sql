-- Exceptions as the newest judgement sees them: its moment is "now", nothing here reads the clock.
with newest as (
    select max(as_of) as as_of
    from {{ ref('fct_control_run') }}
    where is_current
),

people as (
    select
        person_key,
        max(display_name) as display_name
    from {{ ref('dim_person') }}
    where valid_to is null
    group by person_key
)

select
    exceptions.exception_id,
    exceptions.control_id,
    controls.title,
    split_part(exceptions.control_id, '-', 1) as area,
    controls.category,
    controls.owner,
    exceptions.entity_key,
    exceptions.entity_name,
    exceptions.code,
    exceptions.severity,
    exceptions.owner_key,
    coalesce(people.display_name, exceptions.owner_key) as owner_name,
    exceptions.reason,
    exceptions.state,
    exceptions.state = 'open' as is_open,
    exceptions.state = 'open' and exceptions.due_at < newest.as_of as is_overdue,
    cast(floor({{ days_between('exceptions.opened_at', 'coalesce(exceptions.remediated_at, exceptions.closed_at, newest.as_of)') }}) as bigint)
        as age_days,
    exceptions.first_seen_at,
    exceptions.opened_at,
    exceptions.due_at,
    exceptions.remediated_at,
    exceptions.expires_at,
    exceptions.occurrence_count
from {{ ref('fct_exception') }} as exceptions
cross join newest
left join {{ ref('dim_control') }} as controls on controls.control_id = exceptions.control_id
left join people on people.person_key = exceptions.owner_key
