-- The counts are those that each control's completeness checks made on the newest night before the one judged, as the
-- ledger keeps them: what a control compares is written in its own __reconciled model and nowhere else.
with nights as (
    select max(logical_date) as night
    from {{ source('ledger', 'control_runs') }}
    where logical_date < {{ as_of_day() }}
),

runs as (
    select runs.*
    from {{ source('ledger', 'control_runs') }} as runs
    inner join nights on runs.logical_date = nights.night
    -- This control's own counts of that night say nothing about the others.
    where runs.is_current and runs.control_id <> '{{ control_meta().id }}'
),

recon as (
    select
        runs.control_id,
        coalesce(recon.check_name, '-') as check_name,
        runs.logical_date,
        runs.run_id,
        runs.evaluated_ok,
        runs.population_count,
        controls.owner,
        controls.reconciled_model,
        recon.check_name is not null as is_counted,
        recon.reference_sources,
        recon.reference_count,
        recon.counted,
        recon.difference,
        recon.is_agreed,
        recon.explanation
    from runs
    left join {{ source('meta', 'controls') }} as controls
        on controls.control_id = runs.control_id
    left join {{ ref('fct_population_recon') }} as recon
        on recon.control_id = runs.control_id and recon.run_id = runs.run_id
),

found as (
    select
        *,
        {{ codes([
            ('UNEXPLAINED_DIFFERENCE', 'is_counted and not is_agreed and coalesce(difference > ' ~ param('tolerance') ~ ', true)'),
            ('NO_REFERENCE', 'not is_counted and evaluated_ok and reconciled_model is null'),
        ]) }} as codes
    from recon
)

select
    control_id || '|' || check_name as entity_key,
    control_id || case when is_counted then ': ' || replace(check_name, '_', ' ') else '' end as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(
        unknown='(is_counted and is_agreed is null) or (not is_counted and reconciled_model is not null)',
        excluded='not coalesce(evaluated_ok, false) and not is_counted'
    ) }} as result,
    codes,
    case
        when not is_counted and not coalesce(evaluated_ok, false) then 'The control was not evaluated that night: nothing was counted.'
        when not is_counted and reconciled_model is null then 'Nothing is counted beside the control.'
        when not is_counted then 'The control has completeness checks, and the ledger has none of that night.'
        when is_agreed is null then 'One of the two counts could not be had.'
        when is_agreed then 'The counts agree: ' || explanation || '.'
        else cast(reference_count as varchar) || ' in the source, ' || cast(counted as varchar) || ' counted: ' || explanation || '.'
    end as reason,
    control_id,
    logical_date as counted_on,
    population_count,
    reference_sources as reference_source,
    reference_count,
    counted,
    difference,
    explanation
from found
