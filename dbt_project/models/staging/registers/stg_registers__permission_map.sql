with source as (
    {{ new_runs('registers', 'permission_map') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.source_id') }} as source_id,
        {{ json_text('record', '$.entitlement_pattern') }} as entitlement_pattern,
        {{ json_text('record', '$.resource_pattern') }} as resource_pattern,
        {{ register_list('record', '$.permissions') }} as permissions,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
