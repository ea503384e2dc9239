with source as (
    {{ new_runs('aws_data', 'kms_keys') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_int('parent', '$.Listed') }} as listed_count,
        coalesce({{ json_text('item.element', '$.Arn') }}, {{ json_text('parent', '$.KeyArn') }}) as key_arn,
        {{ json_text('item.element', '$.KeyId') }} as key_id,
        {{ json_text('item.element', '$.Description') }} as description,
        {{ json_text('item.element', '$.KeyManager') }} as manager,
        {{ json_text('item.element', '$.KeyState') }} as state,
        {{ json_text('item.element', '$.KeySpec') }} as spec,
        {{ json_text('item.element', '$.KeyUsage') }} as usage,
        {{ json_text('item.element', '$.Origin') }} as origin,
        {{ json_text('item.element', '$.CustomKeyStoreId') }} as custom_key_store_id,
        {{ json_text('item.element', '$.MultiRegionConfiguration.MultiRegionKeyType') }} as multi_region_type,
        {{ json_text('item.element', '$.MultiRegionConfiguration.PrimaryKey.Arn') }} as primary_key_arn,
        {{ utc(json_text('item.element', '$.CreationDate')) }} as created_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
