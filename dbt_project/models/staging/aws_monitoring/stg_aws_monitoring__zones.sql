with source as (
    {{ new_runs('aws_monitoring', 'zones') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.Id') }} as zone_id,
        {{ json_text('item.element', '$.Name') }} as zone_name,
        {{ json_bool('item.element', '$.Config.PrivateZone') }} as is_private,
        {{ json_text('item.element', '$.QueryLog') }} as query_log_arn,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
