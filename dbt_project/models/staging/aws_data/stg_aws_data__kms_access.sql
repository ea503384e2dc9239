with source as (
    {{ new_runs('aws_data', 'kms_access') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.KeyArn') }} as key_arn,
        try_cast({{ json_text('record', '$.Policy') }} as json) as policy,
        {{ json_value('record', '$.Grants') }} as grants,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
