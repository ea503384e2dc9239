with source as (
    {{ new_runs('statuspage', 'subscribers') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_int('record', '$.email') }} as email_subscribers,
        {{ json_sum('record') }} as subscribers
    from source
    where error is null
)

select * from renamed
