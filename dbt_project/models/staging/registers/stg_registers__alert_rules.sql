with source as (
    {{ new_runs('registers', 'alert_rules') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.rule_id') }} as rule_id,
        {{ json_text('record', '$.name') }} as name,
        {{ json_text('record', '$.condition') }} as condition,
        {{ json_text('record', '$.operator') }} as operator,
        {{ json_int('record', '$.threshold') }} as threshold,
        {{ json_int('record', '$.window_seconds') }} as window_seconds,
        {{ json_text('record', '$.group_by') }} as group_by,
        {{ json_text('record', '$.schedule') }} as schedule,
        {{ json_text('record', '$.severity') }} as severity,
        {{ register_list('record', '$.action') }} as action,
        {{ json_text('record', '$.soc2_control') }} as soc2_control,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
