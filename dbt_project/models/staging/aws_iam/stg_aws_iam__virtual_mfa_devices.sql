with source as (
    {{ new_runs('aws_iam', 'virtual_mfa_devices') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('item.element', '$.SerialNumber') }} as serial_number,
        {{ utc(json_text('item.element', '$.EnableDate')) }} as enabled_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
