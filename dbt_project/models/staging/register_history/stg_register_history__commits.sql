with source as (
    {{ new_runs('register_history', 'commits') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.sha') }} as commit_sha,
        {{ utc(json_text('record', '$.committed_at')) }} as committed_at,
        {{ json_text('record', '$.author_email') }} as author_email,
        {{ json_text('record', '$.subject') }} as subject,
        {{ json_texts('record', '$.files') }} as files,
        {{ json_text('parent', '$.commit') }} as head_sha
    from source
    where error is null
)

select * from renamed
