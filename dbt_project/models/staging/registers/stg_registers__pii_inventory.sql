with source as (
    {{ new_runs('registers', 'pii_inventory') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.store_ref') }} as store_ref,
        {{ json_text('record', '$.table_name') }} as table_name,
        {{ json_text('record', '$.field_name') }} as field_name,
        {{ json_text('record', '$.purpose') }} as purpose,
        {{ json_int('record', '$.max_age_days') }} as max_age_days,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
