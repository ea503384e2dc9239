with source as (
    {{ new_runs('registers', 'environments') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.repo') }} as repo,
        {{ json_text('record', '$.environment') }} as environment,
        {{ json_text('record', '$.class') }} as class,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
