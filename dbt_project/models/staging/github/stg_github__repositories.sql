with source as ({{ new_runs('github', 'repositories') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('record', '$.id') }} as repo_id,
        {{ json_text('record', '$.full_name') }} as full_name,
        {{ json_text('record', '$.name') }} as name,

        -- state
        {{ json_text('record', '$.default_branch') }} as default_branch,
        {{ json_bool('record', '$.archived') }} as is_archived,
        {{ json_bool('record', '$.disabled') }} as is_disabled,
        {{ json_bool('record', '$.fork') }} as is_fork,
        {{ json_text('record', '$.visibility') }} as visibility,
        {{ json_int('record', '$.size') }} as size_kb,
        {{ json_text('record', '$.security_and_analysis.secret_scanning.status') }} as secret_scanning,

        -- times
        {{ utc(json_text('record', '$.created_at')) }} as created_at,
        {{ utc(json_text('record', '$.pushed_at')) }} as pushed_at
    from source
)

select * from renamed
