with source as (
    {{ new_runs('aws_data', 'kms_aliases') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('item.element', '$.AliasName') }} as alias_name,
        {{ json_text('item.element', '$.AliasArn') }} as alias_arn,
        {{ json_text('item.element', '$.TargetKeyId') }} as target_key_id,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
