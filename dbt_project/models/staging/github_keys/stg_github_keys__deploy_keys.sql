with source as (
    {{ new_runs('github_keys', 'deploy_keys') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_text('parent', '$.full_name') }} as repo_full_name,
        {{ json_text('item.element', '$.id') }} as key_id,
        {{ json_text('item.element', '$.title') }} as title,
        {{ json_text('item.element', '$.key') }} as public_key,
        {{ json_bool('item.element', '$.read_only') }} as is_read_only,
        coalesce({{ json_bool('item.element', '$.enabled') }}, true) as is_enabled,
        {{ utc(json_text('item.element', '$.created_at')) }} as created_at,
        {{ utc(json_text('item.element', '$.last_used')) }} as last_used_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
