select
    run_id,
    logical_date,
    control_id,
    entity_key,
    entity_name,
    owner_key,
    result,
    codes,
    reason,
    evidence
from {{ source('ledger', 'control_rows') }}
