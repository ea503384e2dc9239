with source as (
    {{ new_runs('registers', 'slas') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.service_id') }} as service_id,
        {{ json_text('record', '$.target_pct') }} as target_pct,
        {{ json_bool('record', '$.exclude_maintenance') }} as exclude_maintenance,
        {{ json_text('record', '$.tz') }} as tz,
        {{ json_text('record', '$.rto_minutes') }} as rto_minutes,
        {{ json_text('record', '$.rpo_minutes') }} as rpo_minutes,
        {{ register_list('record', '$.critical_stores') }} as critical_stores,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
