with source as (
    {{ new_runs('registers', 'secrets') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.secret_ref') }} as secret_ref,
        {{ json_text('record', '$.location') }} as location,
        {{ json_text('record', '$.owner_id') }} as owner_id,
        {{ json_int('record', '$.rotation_days') }} as rotation_days,
        {{ json_text('record', '$.rotation_mode') }} as rotation_mode,
        {{ utc(json_text('record', '$.last_rotated_at')) }} as last_rotated_at,
        {{ json_text('record', '$.evidence_uri') }} as evidence_uri,
        {{ json_text('record', '$.exempt_reason') }} as exempt_reason,
        {{ json_text('record', '$.exempt_approver') }} as exempt_approver,
        {{ json_text('record', '$.leak_alert') }} as leak_alert,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
