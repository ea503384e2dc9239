with source as (
    {{ new_runs('pagerduty', 'log_entries') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.id') }} as entry_id,
        {{ json_text('record', '$.incident.id') }} as incident_id,
        replace({{ json_text('record', '$.type') }}, '_log_entry', '') as kind,
        {{ utc(json_text('record', '$.created_at')) }} as created_at,
        {{ json_text('record', '$.agent.type') }} as agent_type,
        {{ json_text('record', '$.agent.id') }} as agent_id,
        {{ json_text('record', '$.agent.summary') }} as agent_name,
        {{ json_text('record', '$.channel.type') }} as channel_type,
        {{ json_text('record', '$.channel.old_priority.summary') }} as old_priority,
        {{ json_text('record', '$.channel.new_priority.summary') }} as new_priority
    from source
    where error is null
)

select * from renamed
