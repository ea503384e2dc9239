with extracts as (
    select * from {{ source('meta', 'extract_runs') }}
),

selected as (
    select source_id, run_id from {{ source('meta', 'selected_runs') }}
)

select
    extracts.run_id,
    extracts.source_id,
    extracts.source,
    extracts.table_name,
    extracts.kind,
    extracts.logical_date,
    extracts.status,
    extracts.collection_method,
    extracts.started_at,
    extracts.finished_at,
    extracts.query,
    extracts.parameters,
    extracts.credential_identity,
    extracts.tenant,
    extracts.window_start,
    extracts.window_end,
    extracts.pages,
    extracts.rows,
    extracts.api_reported_total,
    extracts.permission_denied,
    extracts.object_errors,
    extracts.http_errors,
    extracts.throttled,
    extracts.api_calls,
    extracts.sha256,
    extracts.size_bytes,
    extracts.object_uri,
    extracts.extractor_version,
    extracts.errors,
    extracts.reason,
    selected.run_id is not null as is_selected
from extracts
left join selected
    on extracts.source_id = selected.source_id and extracts.run_id = selected.run_id
