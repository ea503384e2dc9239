with source as (
    {{ new_runs('registers', 'ir_exercises') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.exercise_id') }} as exercise_id,
        {{ utc(json_text('record', '$.held_at')) }} as held_at,
        {{ json_text('record', '$.scenario') }} as scenario,
        {{ register_list('record', '$.participants') }} as participants,
        {{ register_list('record', '$.roles') }} as roles,
        {{ json_text('record', '$.report_uri') }} as report_uri,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
