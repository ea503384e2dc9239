with in_scope as (
    select
        controls.control_id,
        controls.mode,
        controls.frequency,
        engagement.controls_effective_from,
        greatest(engagement.window_start, engagement.controls_effective_from) as first_day,
        least({{ as_of_day() }}, engagement.window_end) as last_day
    from {{ source('meta', 'controls') }} as controls
    cross join {{ ref('dim_engagement') }} as engagement
    left join {{ ref('dim_scope') }} as scope
        on controls.category = scope.category
    where engagement.report_type = 'type_2' and coalesce(scope.in_scope, true)
),

expected as (
    select
        in_scope.control_id,
        in_scope.mode,
        in_scope.last_day,
        calendar.day,
        {{ period_start('in_scope.frequency', 'calendar.day') }} as unit_start,
        {{ period_end('in_scope.frequency', 'calendar.day') }} as unit_end
    from in_scope
    cross join {{ each_day('in_scope.first_day', 'in_scope.last_day') }} as calendar (day)
),

runs as (
    select * from {{ source('ledger', 'control_runs') }}
    where logical_date <= {{ as_of_day() }}
    qualify row_number() over (partition by control_id, logical_date order by finished_at desc, run_id desc) = 1
),

late_runs as (
    select distinct
        runs.control_id,
        runs.run_id
    from runs
    cross join {{ each_item('runs.input_run_ids') }} as input (run_id)
    inner join {{ ref('meta_extract_run') }} as extracts
        on input.run_id = extracts.run_id
    where
        -- Inputs of the day judged; an older extract that a run also read was on time or late for its own day.
        extracts.logical_date = runs.logical_date
        and extracts.finished_at > {{ plus_hours('cast(runs.logical_date as timestamp)', 36) }}
),

lost_inputs as (
    select distinct
        runs.control_id,
        runs.run_id
    from runs
    cross join {{ each_item('runs.input_run_ids') }} as input (run_id)
    left join {{ ref('meta_extract_run') }} as extracts
        on input.run_id = extracts.run_id
    where extracts.run_id is null
),

restated as (
    select
        runs.control_id,
        runs.run_id,
        {{ sorted_set('changes.source_id') }} as source_ids
    from runs
    inner join {{ source('meta', 'control_sources') }} as needed
        on runs.control_id = needed.control_id
    inner join {{ source('ledger', 'restatements') }} as changes
        on needed.source_id = changes.source_id
        and runs.logical_date between changes.day and changes.last_day
        and changes.landed_at > coalesce(runs.known_until, runs.started_at)
    where changes.reason <> 'rerun'
    group by runs.control_id, runs.run_id
),

judged as (
    select
        expected.*,
        runs.run_id,
        runs.status,
        runs.reason,
        late_runs.run_id is not null as is_backfilled,
        lost_inputs.run_id is not null as has_lost_inputs,
        coalesce(restated.source_ids, {{ empty_list() }}) as restated_source_ids,
        coalesce(runs.status in ('pass', 'fail') or runs.reason = 'NO_OCCURRENCE', false)
        and (
            late_runs.run_id is null
            or case
                when expected.mode = 'snapshot'
                    then {{ parameter_of('ctl_ev_02__window_has_no_untested_days', 'snapshot_backfill_allowed') }}
                else {{ parameter_of('ctl_ev_02__window_has_no_untested_days', 'event_backfill_allowed') }}
            end
        ) as is_covered
    from expected
    left join runs
        on expected.control_id = runs.control_id and expected.day = runs.logical_date
    left join late_runs
        on runs.control_id = late_runs.control_id and runs.run_id = late_runs.run_id
    left join lost_inputs
        on runs.control_id = lost_inputs.control_id and runs.run_id = lost_inputs.run_id
    left join restated
        on runs.control_id = restated.control_id and runs.run_id = restated.run_id
)

-- One row per expected unit: the day, or for a periodic control the month, quarter or year once it is over.
select
    control_id,
    unit_end as day,
    mode,
    unit_start,
    run_id,
    status,
    reason,
    is_backfilled,
    has_lost_inputs,
    is_covered,
    restated_source_ids
from judged
where unit_end <= last_day
qualify row_number() over (partition by control_id, unit_start order by is_covered desc, day desc) = 1
