with source as (
    {{ new_runs('registers', 'retention_rules') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.store_ref') }} as store_ref,
        {{ json_text('record', '$.max_age_days') }} as max_age_days,
        {{ json_text('record', '$.backup_days') }} as backup_days,
        {{ json_bool('record', '$.legal_hold') }} as legal_hold,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
