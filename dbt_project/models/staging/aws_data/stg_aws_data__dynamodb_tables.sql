with source as (
    {{ new_runs('aws_data', 'dynamodb_tables') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.TableArn') }} as database_id,
        {{ json_text('item.element', '$.TableName') }} as name,
        {{ json_text('item.element', '$.TableStatus') }} as status,
        {{ utc(json_text('item.element', '$.CreationDateTime')) }} as created_at,
        {{ json_text('item.element', '$.SSEDescription.Status') }} as sse_status,
        {{ json_text('item.element', '$.SSEDescription.KMSMasterKeyArn') }} as kms_key_ref,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
