-- Which judged days rest on data that has been restated since is counted here, not stored: judging a day again settles it.
with changes as (
    select * from {{ source('ledger', 'restatements') }}
),

resting as (
    select
        changes.run_id,
        changes.reason,
        count(*) as open_control_days,
        count(distinct runs.control_id) as open_controls
    from changes
    inner join {{ ref('meta_control_source') }} as needed
        on needed.source_id = changes.source_id and needed.in_use
    inner join {{ ref('fct_control_run') }} as runs
        on runs.control_id = needed.control_id
        and runs.is_current
        and runs.logical_date between changes.day and changes.last_day
        and coalesce(runs.known_until, runs.started_at) < changes.landed_at
    where changes.reason <> 'rerun'
    group by changes.run_id, changes.reason
)

select
    changes.source_id,
    changes.day,
    changes.last_day,
    changes.reason,
    changes.run_id_before,
    changes.run_id,
    changes.rows_before,
    changes.rows,
    changes.rows_added,
    changes.rows_changed,
    changes.rows_removed,
    changes.landed_at,
    changes.note,
    changes.found_on,
    changes.found_run_id,
    coalesce(resting.open_control_days, 0) as open_control_days,
    coalesce(resting.open_controls, 0) as open_controls
from changes
left join resting on resting.run_id = changes.run_id and resting.reason = changes.reason
