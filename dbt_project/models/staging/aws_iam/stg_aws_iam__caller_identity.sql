with source as (
    {{ new_runs('aws_iam', 'caller_identity') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.Account') }} as account_id,
        {{ json_text('record', '$.Arn') }} as arn,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
