with needed as (
    select
        control_sources.control_id,
        control_sources.source_id,
        control_sources.required,
        control_sources.max_age_hours,
        tables.kind,
        -- Only an approved row of the register can say that a system is not in use.
        control_sources.required = 'always'
            or not coalesce(not systems.in_use and systems.approved_by is not null, false) as in_use
    from {{ source('meta', 'control_sources') }} as control_sources
    left join {{ source('meta', 'required_tables') }} as tables
        on control_sources.source_id = tables.source_id
    left join ({{ newest(ref('stg_registers__systems')) }}) as systems
        on control_sources.system_id = systems.system_id
),

newest_usable as (
    select
        *,
        greatest({{ hours_between('finished_at', as_of()) }}, 0) as age_hours
    from {{ ref('int_extracts_flagged') }}
    where not is_late and logical_date <= {{ as_of_day() }}
    qualify row_number() over (partition by source_id order by logical_date desc) = 1
)

select
    needed.control_id,
    needed.source_id,
    coalesce(needed.kind, newest_usable.kind) as kind,
    needed.required,
    needed.in_use,
    needed.max_age_hours,
    newest_usable.run_id as usable_run_id,
    newest_usable.logical_date as usable_day,
    newest_usable.finished_at as usable_finished_at,
    newest_usable.age_hours,
    coalesce(newest_usable.is_suspect, false) as is_suspect,
    newest_usable.suspect_reason,
    case
        when not needed.in_use then 'not_in_use'
        -- What no module fetches may have been landed: the extract tells its kind.
        when newest_usable.run_id is null then 'no_data'
        when newest_usable.is_suspect and newest_usable.age_hours <= needed.max_age_hours then 'no_data'
        when newest_usable.age_hours > needed.max_age_hours then 'stale'
        when coalesce(needed.kind, newest_usable.kind) = 'snapshot' and newest_usable.logical_date < {{ as_of_day() }} then 'no_data'
        else 'usable'
    end as state
from needed
left join newest_usable
    on needed.source_id = newest_usable.source_id
