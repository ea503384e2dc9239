with source as (
    {{ new_runs('registers', 'deploy_events') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.event_source') }} as event_source,
        {{ json_text('record', '$.event_name') }} as event_name,
        {{ json_text('record', '$.service_field') }} as service_field,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
