-- What dashboards and metrics count: one verdict for each control and day, and a gap where a run was due and none came.
with runs as (
    select *
    from {{ ref('fct_control_run') }}
    where is_current
),

verdicts as (
    select
        control_id,
        logical_date as day,
        status as verdict,
        reason,
        incomplete,
        population_count,
        passed,
        unknown,
        pending,
        excluded,
        deviation_count,
        open_exception_count,
        accepted_count,
        run_id
    from runs
    union all
    select
        units.control_id,
        units.day,
        'gap' as verdict,
        'NO_RUN' as reason,
        false as incomplete,
        null as population_count,
        null as passed,
        null as unknown,
        null as pending,
        null as excluded,
        null as deviation_count,
        null as open_exception_count,
        null as accepted_count,
        null as run_id
    from {{ ref('fct_coverage_day') }} as units
    left join runs on runs.control_id = units.control_id and runs.logical_date = units.day
    where runs.run_id is null
),

newest as (
    select max(logical_date) as day
    from runs
),

compared as (
    select
        verdicts.*,
        lag(verdict) over (partition by control_id order by day) as verdict_before
    from verdicts
)

select
    compared.control_id,
    controls.title,
    split_part(compared.control_id, '-', 1) as area,
    controls.category,
    controls.owner,
    controls.severity,
    compared.day,
    compared.verdict,
    compared.reason,
    compared.incomplete,
    coalesce(compared.reason, '') <> 'OUT_OF_SCOPE' as is_in_scope,
    compared.day = newest.day as is_newest,
    compared.verdict_before,
    coalesce(compared.verdict <> compared.verdict_before, false) as is_changed,
    compared.population_count,
    compared.passed,
    compared.unknown,
    compared.pending,
    compared.excluded,
    compared.deviation_count,
    compared.open_exception_count,
    compared.accepted_count,
    compared.run_id
from compared
cross join newest
left join {{ ref('dim_control') }} as controls on controls.control_id = compared.control_id
