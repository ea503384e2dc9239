with source as (
    {{ new_runs('registers', 'priority_map') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.name') }} as name,
        {{ json_text('record', '$.severity') }} as severity,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
