with held as (
    select count(*) as exercises
    from ({{ newest(ref('stg_registers__ir_exercises')) }}) as register
    where held_at <= {{ as_of() }}
),

judged as (
    select
        coalesce(sum(case when kind = 'exercise' then 1 else 0 end), 0) as exercises,
        coalesce(sum(case when kind = 'plan' then 1 else 0 end), 0) as plans
    from {{ ref('ctl_ir_10__plan_is_rehearsed') }}
)

{{ counts_agree('exercises_judged', 'registers.ir_exercises', 'held.exercises', 'judged.exercises', 'exercises that were held, each with a row') }}
from held
cross join judged

union all

select 'one_plan', 'registers.policies', cast(1 as bigint), cast(plans as bigint), plans = 1, 'plans for incidents'
from judged
