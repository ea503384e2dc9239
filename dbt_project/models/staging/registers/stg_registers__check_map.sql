with source as (
    {{ new_runs('registers', 'check_map') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.repo') }} as repo,
        {{ json_text('record', '$.test_type') }} as test_type,
        {{ json_text('record', '$.context') }} as context,
        {{ json_text('record', '$.waiver_reason') }} as waiver_reason,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
