with source as ({{ new_runs('github', 'members') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.id') }} as user_id,
        {{ json_text('record', '$.login') }} as login,
        {{ json_text('parent', '$.role') }} as role,
        {{ json_text('record', '$.type') }} as user_type,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
