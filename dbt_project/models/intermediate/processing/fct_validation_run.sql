with rejects as (
    select
        rejects.run_id,
        count(*) as listed,
        count(case when rejects.resolved_at is null then 1 end) as still_open,
        max(coalesce(rejects.resolved_at, {{ as_of() }})) as last_resolved_at
    from ({{ newest_records(ref('stg_processing__rejects'), 'reject_id') }}) as rejects
    group by rejects.run_id
)

select
    runs.pipeline_id,
    runs.run_id,
    runs.pipeline_name,
    runs.owner_key,
    runs.minimum_records,
    runs.state,
    runs.started_at,
    runs.ended_at,
    validations.run_id is not null as is_validated,
    validations.started_at as validated_at,
    validations.records_in,
    validations.records_ok,
    validations.records_rejected,
    validations.suite_version,
    validations.rules_evaluated,
    validations.rules_skipped,
    validations.success,
    coalesce(rejects.listed, 0) as rejects_listed,
    coalesce(rejects.still_open, 0) as rejects_open,
    rejects.last_resolved_at as rejects_last_resolved_at
from {{ ref('fct_processing_run') }} as runs
left join ({{ newest_records(ref('stg_processing__validations'), 'run_id') }}) as validations
    on runs.run_id = validations.run_id
left join rejects
    on runs.run_id = rejects.run_id
where runs.run_id is not null
