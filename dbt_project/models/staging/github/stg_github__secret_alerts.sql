with source as ({{ new_runs('github', 'secret_alerts') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.repository.full_name') }} as repo_full_name,
        {{ json_text('record', '$.repository.id') }} as repo_id,
        {{ json_int('record', '$.number') }} as alert_number,
        {{ json_text('record', '$.secret_type') }} as secret_type,
        {{ json_text('record', '$.state') }} as state,
        {{ json_text('record', '$.resolution') }} as resolution,
        {{ json_text('record', '$.validity') }} as validity,
        {{ json_bool('record', '$.push_protection_bypassed') }} as is_push_protection_bypassed,
        {{ utc(json_text('record', '$.created_at')) }} as created_at,
        {{ utc(json_text('record', '$.resolved_at')) }} as resolved_at
    from source
)

select * from renamed
