with source as (
    {{ new_runs('support_tickets', 'tickets') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.ticket_id') }} as ticket_id,
        {{ utc(json_text('record', '$.created_at')) }} as created_at,
        {{ json_texts('record', '$.tags') }} as tags,
        {{ json_text('record', '$.incident_id') }} as incident_id,
        {{ json_text('record', '$.disposition') }} as disposition
    from source
    where error is null
)

select * from renamed
