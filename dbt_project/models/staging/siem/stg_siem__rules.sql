with source as (
    {{ new_runs('siem', 'rules') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.rule_id') }} as rule_id,
        {{ json_bool('record', '$.enabled') }} as is_enabled,
        {{ json_text('record', '$.query') }} as query,
        {{ json_text('record', '$.operator') }} as operator,
        {{ json_int('record', '$.threshold') }} as threshold,
        {{ json_int('record', '$.window_seconds') }} as window_seconds,
        {{ json_text('record', '$.window_type') }} as window_type,
        {{ json_text('record', '$.group_by') }} as group_by,
        {{ json_text('record', '$.schedule') }} as schedule,
        {{ json_text('record', '$.severity') }} as severity,
        {{ json_texts('record', '$.actions') }} as actions,
        {{ utc(json_text('record', '$.updated_at')) }} as updated_at,
        {{ json_text('record', '$.updated_by') }} as updated_by,
        {{ json_text('record', '$.change_ref') }} as change_ref
    from source
    where error is null
)

select * from renamed
