-- Only the day that was judged last: a row for every night would make each night cost the history.
with newest as (
    select max(logical_date) as logical_date
    from {{ ref('fct_control_run') }}
),

runs as (
    select runs.run_id, runs.logical_date, runs.control_id
    from {{ ref('fct_control_run') }} as runs
    inner join newest on newest.logical_date = runs.logical_date
    where runs.is_current and runs.evaluated_ok
),

control_rows as (
    select
        runs.logical_date,
        listed.control_id,
        listed.entity_key,
        listed.entity_name,
        listed.owner_key,
        listed.result,
        listed.codes,
        listed.reason,
        listed.evidence
    from {{ source('ledger', 'control_rows') }} as listed
    inner join runs on runs.run_id = listed.run_id and runs.control_id = listed.control_id
),

answered as (
    select
        control_rows.*,
        demands.demand_id,
        demands.codes as demand_codes
    from {{ source('meta', 'control_demands') }} as demands
    inner join control_rows on control_rows.control_id = demands.control_id
    where {{ includes(json_texts('control_rows.evidence', '$.demands'), 'demands.demand_id') }}
)

select
    logical_date,
    demand_id,
    control_id,
    entity_key,
    entity_name,
    owner_key,
    case
        when result in ('excluded', 'pending') then result
        when coalesce({{ texts_overlap('codes', 'demand_codes') }}, false) then 'exception'
        -- The row fails for another reason, and nothing says whether this demand could be judged at all.
        when result = 'exception' then 'unknown'
        else result
    end as result,
    reason
from answered
