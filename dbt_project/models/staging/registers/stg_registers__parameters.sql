with source as (
    {{ new_runs('registers', 'parameters') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.control_id') }} as control_id,
        {{ json_text('record', '$.name') }} as name,
        cast({{ json_value('record', '$.value') }} as varchar) as value,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
