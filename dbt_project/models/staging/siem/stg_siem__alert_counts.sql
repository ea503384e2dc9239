with source as (
    {{ new_runs('siem', 'alert_counts') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.rule_id') }} as rule_id,
        {{ json_int('record', '$.alerts') }} as alerts
    from source
    where error is null
)

select * from renamed
