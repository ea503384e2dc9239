with source as (
    {{ new_runs('registers', 'deploy_workflows') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.repo') }} as repo,
        {{ json_text('record', '$.path') }} as path,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
