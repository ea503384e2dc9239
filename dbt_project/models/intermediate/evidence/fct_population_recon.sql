-- One row per control and check of the nights that the ledger has at hand: scopes of a check are added up, and it agrees
-- when each of them does.
select
    logical_date,
    run_id,
    control_id,
    check_name,
    {{ distinct_texts('scope') }} as reference_sources,
    cast(sum(expected) as bigint) as reference_count,
    cast(sum(actual) as bigint) as counted,
    cast(sum(abs(expected - actual)) as bigint) as difference,
    case
        when count(case when not passed then 1 end) > 0 then false
        when count(passed) = count(*) then true
    end as is_agreed,
    min(detail) as explanation
from {{ source('ledger', 'reference_counts') }}
group by logical_date, run_id, control_id, check_name
