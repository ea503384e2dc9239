with source as (
    {{ new_runs('registers', 'runner_ranges') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.cidr') }} as cidr,
        {{ json_text('record', '$.note') }} as note,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
