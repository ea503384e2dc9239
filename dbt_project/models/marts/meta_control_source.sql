select
    control_id,
    source_id,
    kind,
    required,
    in_use,
    max_age_hours,
    usable_run_id,
    usable_day,
    usable_finished_at,
    age_hours,
    is_suspect,
    suspect_reason,
    state
from {{ ref('int_control_sources') }}
