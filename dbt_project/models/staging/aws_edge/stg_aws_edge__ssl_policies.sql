with source as (
    {{ new_runs('aws_edge', 'ssl_policies') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.Name') }} as policy_name,
        {{ json_texts('record', '$.SslProtocols') }} as protocols,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
