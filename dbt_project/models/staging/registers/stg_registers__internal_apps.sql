with source as (
    {{ new_runs('registers', 'internal_apps') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.app_label') }} as app_label,
        {{ json_text('record', '$.reason') }} as reason,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
