with source as (
    {{ new_runs('registers', 'engagement') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.engagement_id') }} as engagement_id,
        {{ json_text('record', '$.report_type') }} as report_type,
        cast({{ json_text('record', '$.window_start') }} as date) as window_start,
        cast({{ json_text('record', '$.window_end') }} as date) as window_end,
        cast({{ json_text('record', '$.controls_effective_from') }} as date) as controls_effective_from,
        {{ json_text('record', '$.time_zone') }} as time_zone,
        {{ json_text('record', '$.auditor') }} as auditor,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
