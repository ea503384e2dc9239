with source as (
    {{ new_runs('github_two_factor', 'disabled') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.kind') }} as kind,
        {{ json_text('item.element', '$.id') }} as user_id,
        {{ json_text('item.element', '$.login') }} as login,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
