select
    control_id,
    day,
    unit_start,
    is_covered as covered,
    status,
    reason,
    is_backfilled as backfilled,
    run_id,
    restated_source_ids
from {{ ref('int_control_days_covered') }}
