with source as (
    {{ new_runs('aws_secrets', 'parameters') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.ARN') }} as parameter_id,
        {{ json_text('item.element', '$.Name') }} as name,
        {{ json_text('item.element', '$.Type') }} as parameter_type,
        {{ json_text('item.element', '$.KeyId') }} as kms_key_ref,
        {{ utc(json_text('item.element', '$.LastModifiedDate')) }} as modified_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
