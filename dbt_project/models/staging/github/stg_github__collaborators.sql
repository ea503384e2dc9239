with source as (
    {{ new_runs('github', 'collaborators') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_text('parent', '$.full_name') }} as repo_full_name,
        {{ json_text('item.element', '$.id') }} as user_id,
        {{ json_text('item.element', '$.login') }} as login,
        {{ json_text('item.element', '$.role_name') }} as role_name,

        -- refusal
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
