with source as (
    {{ new_runs('registers', 'contractors') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.person_id') }} as person_id,
        {{ json_text('record', '$.display_name') }} as display_name,
        {{ json_text('record', '$.email') }} as email,
        cast({{ json_text('record', '$.start_date') }} as date) as start_date,
        cast({{ json_text('record', '$.end_date') }} as date) as end_date,
        cast({{ json_text('record', '$.end_time') }} as time) as end_time,
        {{ json_text('record', '$.tz') }} as tz,
        {{ json_text('record', '$.manager_id') }} as manager_id,
        {{ utc(json_text('record', '$.notified_at')) }} as notified_at,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
