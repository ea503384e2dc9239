with source as (
    {{ new_runs('registers', 'repositories') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.full_name') }} as full_name,
        {{ json_bool('record', '$.in_scope') }} as in_scope,
        {{ json_text('record', '$.exclusion_reason') }} as exclusion_reason,
        {{ register_list('record', '$.release_branches') }} as release_branches,
        {{ json_text('record', '$.service') }} as service,
        {{ json_text('record', '$.owner_id') }} as owner_id,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
