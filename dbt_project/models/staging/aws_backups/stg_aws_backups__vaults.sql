with source as (
    {{ new_runs('aws_backups', 'vaults') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.BackupVaultName') }} as vault_name,
        {{ json_text('item.element', '$.EncryptionKeyArn') }} as kms_key_ref,
        {{ json_int('item.element', '$.NumberOfRecoveryPoints') }} as recovery_point_count,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
