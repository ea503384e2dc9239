with source as (
    {{ new_runs('registers', 'scope') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.category') }} as category,
        {{ json_bool('record', '$.in_scope') }} as in_scope,
        {{ json_text('record', '$.rationale') }} as rationale,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
