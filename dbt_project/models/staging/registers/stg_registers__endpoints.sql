with source as (
    {{ new_runs('registers', 'endpoints') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.hostname') }} as hostname,
        {{ json_text('record', '$.resource_ref') }} as resource_ref,
        {{ json_text('record', '$.owner_id') }} as owner_id,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
