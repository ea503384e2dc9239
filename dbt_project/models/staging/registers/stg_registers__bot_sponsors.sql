with source as (
    {{ new_runs('registers', 'bot_sponsors') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.bot_login') }} as bot_login,
        {{ json_text('record', '$.repo') }} as repo,
        {{ json_text('record', '$.sponsor_id') }} as sponsor_id,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
