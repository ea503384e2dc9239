with source as (
    {{ new_runs('registers', 'roles') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.role') }} as role,
        {{ register_list('record', '$.inherits') }} as inherits,
        {{ register_list('record', '$.permissions') }} as permissions,
        {{ register_list('record', '$.denied') }} as denied,
        {{ json_text('record', '$.comment') }} as comment,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
