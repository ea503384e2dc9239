with source as (
    {{ new_runs('tickets', 'tickets') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.ticket_id') }} as ticket_id,
        {{ json_text('record', '$.status') }} as status,
        {{ json_text('record', '$.resolution') }} as resolution,
        {{ utc(json_text('record', '$.closed_at')) }} as closed_at
    from source
    where error is null
)

select * from renamed
