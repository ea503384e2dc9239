select
    exception_id,
    seq,
    control_id,
    entity_key,
    code,
    from_state,
    to_state,
    "at",
    "by",
    reason,
    run_id,
    logical_date
from {{ source('ledger', 'exception_events') }}
