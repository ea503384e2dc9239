with source as (
    {{ new_runs('aws_backups', 'recovery_points') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('parent', '$.Vault') }} as vault_name,
        {{ json_text('item.element', '$.RecoveryPointArn') }} as recovery_point_id,
        {{ json_text('item.element', '$.ResourceArn') }} as resource_id,
        {{ json_text('item.element', '$.ResourceType') }} as resource_type,
        {{ json_text('item.element', '$.Status') }} as status,
        {{ utc(json_text('item.element', '$.CreationDate')) }} as created_at,
        {{ json_bool('item.element', '$.IsEncrypted') }} as is_encrypted,
        {{ json_text('item.element', '$.EncryptionKeyArn') }} as kms_key_ref,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
