with source as (
    {{ new_runs('registers', 'data_stores') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.store_ref') }} as store_ref,
        {{ json_text('record', '$.kind') }} as kind,
        {{ json_text('record', '$.classification') }} as classification,
        {{ json_text('record', '$.owner_id') }} as owner_id,
        {{ json_text('record', '$.environment') }} as environment,
        {{ json_bool('record', '$.backup_required') }} as backup_required,
        try_cast({{ json_text('record', '$.reviewed_on') }} as date) as reviewed_on,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
