with source as (
    {{ new_runs('registers', 'holidays') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        try_cast({{ json_text('record', '$.date') }} as date) as date,
        {{ json_text('record', '$.calendar') }} as calendar,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
