with measures as (
    select count(*) as measures
    from ({{ newest(ref('stg_registers__incident_actions')) }}) as actions
    left join ({{ newest(ref('stg_registers__ir_exercises')) }}) as exercises on exercises.exercise_id = actions.origin_id
    where exercises.exercise_id is null
),

judged as (select count(distinct entity_key) as measures from {{ ref('ctl_ir_12__prevention_is_completed') }})

{{ counts_agree('every_measure_judged', 'registers.incident_actions', 'measures.measures', 'judged.measures', 'prevention measures of the register, each with a row') }}
from measures
cross join judged

union all

-- Only stands here when it holds.
select 'no_measure_and_postmortems_are_judged', 'ctl_ir_08__postmortems_are_written', cast(0 as bigint), cast(0 as bigint), true, 'no measure, and IR-08 judged post-mortems or proves that none was due'
from measures
where measures.measures = 0
    and (
        exists (select 1 from {{ ref('ctl_ir_08__postmortems_are_written') }})
        or exists (select 1 from {{ ref('ctl_ir_08__reconciled') }} where check_name = 'no_such_incident')
    )
