with source as (
    {{ new_runs('privacy', 'event_counts') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        cast({{ json_text('record', '$.counted_on') }} as date) as counted_on,
        {{ json_int('record', '$.events') }} as events
    from source
    where error is null
)

select * from renamed
