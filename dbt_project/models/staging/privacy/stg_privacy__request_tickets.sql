with source as (
    {{ new_runs('privacy', 'request_tickets') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.ticket_id') }} as ticket_id,
        {{ json_text('record', '$.request_id') }} as request_id,
        {{ utc(json_text('record', '$.received_at')) }} as received_at
    from source
    where error is null
)

select * from renamed
