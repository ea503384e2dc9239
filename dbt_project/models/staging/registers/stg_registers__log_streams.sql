with source as (
    {{ new_runs('registers', 'log_streams') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.stream_id') }} as stream_id,
        {{ json_text('record', '$.system_id') }} as system_id,
        {{ register_list('record', '$.event_types') }} as event_types,
        {{ json_text('record', '$.destination_type') }} as destination_type,
        {{ json_text('record', '$.destination_ref') }} as destination_ref,
        {{ json_bool('record', '$.is_full_copy') }} as is_full_copy,
        {{ json_int('record', '$.native_retention_days') }} as native_retention_days,
        cast({{ json_text('record', '$.starts_on') }} as date) as starts_on,
        {{ json_bool('record', '$.is_quiet') }} as is_quiet,
        {{ json_int('record', '$.max_silence_hours') }} as max_silence_hours,
        {{ json_text('record', '$.sampling') }} as sampling,
        {{ register_list('record', '$.data_stores') }} as data_stores,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
