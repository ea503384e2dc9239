with source as (
    {{ new_runs('registers', 'pipelines') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.pipeline_id') }} as pipeline_id,
        {{ json_text('record', '$.name') }} as name,
        {{ json_text('record', '$.owner_id') }} as owner_id,
        {{ json_text('record', '$.frequency') }} as frequency,
        try_cast({{ json_text('record', '$.scheduled_time') }} as time) as scheduled_time,
        {{ json_int('record', '$.minimum_records') }} as minimum_records,
        cast({{ json_text('record', '$.started_on') }} as date) as started_on,
        cast({{ json_text('record', '$.ended_on') }} as date) as ended_on,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
