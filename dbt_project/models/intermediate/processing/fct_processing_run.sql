with scheduled as (
    select
        pipeline_id,
        due_date + scheduled_time as scheduled_for
    from ({{ schedule_spine(ref('stg_registers__pipelines')) }}) as spine
    where due_date + scheduled_time <= {{ as_of() }}
),

pipelines as (
    {{ newest(ref('stg_registers__pipelines')) }}
),

runs as (
    select runs.*
    from ({{ newest_records(ref('stg_processing__runs'), 'run_id') }}) as runs
    inner join pipelines
        on runs.pipeline_id = pipelines.pipeline_id
    cross join {{ ref('dim_engagement') }} as engagement
    where coalesce(runs.scheduled_for, runs.started_at) >= cast(engagement.window_start as timestamp)
)

select
    coalesce(scheduled.pipeline_id, runs.pipeline_id) as pipeline_id,
    coalesce(runs.run_id, cast(scheduled.scheduled_for as varchar)) as run_key,
    runs.run_id,
    pipelines.name as pipeline_name,
    owners.person_key as owner_key,
    pipelines.minimum_records,
    coalesce(scheduled.scheduled_for, runs.scheduled_for) as scheduled_for,
    runs.started_at,
    runs.ended_at,
    runs.state,
    runs.error,
    runs.retries,
    runs.handled_by,
    runs.handled_at,
    runs.input_hash,
    runs.output_hash
from scheduled
full join runs
    on scheduled.pipeline_id = runs.pipeline_id and scheduled.scheduled_for = runs.scheduled_for
inner join pipelines
    on coalesce(scheduled.pipeline_id, runs.pipeline_id) = pipelines.pipeline_id
left join {{ ref('int_person_refs') }} as owners
    on pipelines.owner_id = owners.ref
