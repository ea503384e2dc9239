with source as (
    {{ new_runs('registers', 'extract_notes') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.source_id') }} as source_id,
        cast({{ json_text('record', '$.day') }} as date) as day,
        {{ json_text('record', '$.reason') }} as reason,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
