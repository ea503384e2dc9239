with source as (
    {{ new_runs('processing', 'breaks') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.break_id') }} as break_id,
        {{ json_text('record', '$.recon_id') }} as recon_id,
        cast({{ json_text('record', '$.due_date') }} as date) as due_date,
        {{ utc(json_text('record', '$.opened_at')) }} as opened_at,
        {{ utc(json_text('record', '$.cleared_at')) }} as cleared_at
    from source
    where error is null
)

select * from renamed
