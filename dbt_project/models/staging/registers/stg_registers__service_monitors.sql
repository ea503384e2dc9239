with source as (
    {{ new_runs('registers', 'service_monitors') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.service_id') }} as service_id,
        {{ json_text('record', '$.alarm_type') }} as alarm_type,
        {{ json_text('record', '$.alarm_name') }} as alarm_name,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
