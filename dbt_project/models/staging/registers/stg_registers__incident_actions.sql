with source as (
    {{ new_runs('registers', 'incident_actions') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.origin_id') }} as origin_id,
        {{ json_text('record', '$.action_id') }} as action_id,
        {{ json_text('record', '$.action') }} as action,
        {{ json_text('record', '$.owner_id') }} as owner_id,
        try_cast({{ json_text('record', '$.due_on') }} as date) as due_on,
        try_cast({{ json_text('record', '$.closed_on') }} as date) as closed_on,
        {{ json_text('record', '$.replan_approved_by') }} as replan_approved_by,
        {{ json_text('record', '$.ticket_id') }} as ticket_id,
        {{ json_text('record', '$.risk_acceptance') }} as risk_acceptance,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
