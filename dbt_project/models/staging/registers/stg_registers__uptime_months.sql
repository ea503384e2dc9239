with source as (
    {{ new_runs('registers', 'uptime_months') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.service_id') }} as service_id,
        try_cast({{ json_text('record', '$.month') }} as date) as month,
        {{ json_text('record', '$.probe_seconds') }} as probe_seconds,
        {{ json_text('record', '$.probes') }} as probes,
        {{ json_text('record', '$.probes_down') }} as probes_down,
        {{ json_text('record', '$.probes_down_maintenance') }} as probes_down_maintenance,
        {{ utc(json_text('record', '$.maintenance_announced_at')) }} as maintenance_announced_at,
        {{ utc(json_text('record', '$.maintenance_began_at')) }} as maintenance_began_at,
        {{ json_text('record', '$.report_uri') }} as report_uri,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
