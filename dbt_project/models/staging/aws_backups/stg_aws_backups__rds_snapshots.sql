with source as (
    {{ new_runs('aws_backups', 'rds_snapshots') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('parent', '$.Kind') }} as kind,
        coalesce({{ json_text('item.element', '$.DBSnapshotArn') }}, {{ json_text('item.element', '$.DBClusterSnapshotArn') }}) as snapshot_id,
        coalesce({{ json_text('item.element', '$.DBSnapshotIdentifier') }}, {{ json_text('item.element', '$.DBClusterSnapshotIdentifier') }}) as name,
        coalesce({{ json_text('item.element', '$.DBInstanceIdentifier') }}, {{ json_text('item.element', '$.DBClusterIdentifier') }}) as source_name,
        {{ json_text('item.element', '$.SourceRegion') }} as source_region,
        {{ json_text('item.element', '$.SourceDBSnapshotIdentifier') }} as copied_from,
        {{ json_text('item.element', '$.Engine') }} as engine,
        {{ json_text('item.element', '$.SnapshotType') }} as snapshot_type,
        {{ json_text('item.element', '$.Status') }} as status,
        {{ utc(json_text('item.element', '$.SnapshotCreateTime')) }} as created_at,
        coalesce({{ json_bool('item.element', '$.Encrypted') }}, {{ json_bool('item.element', '$.StorageEncrypted') }}) as is_encrypted,
        {{ json_text('item.element', '$.StorageEncryptionType') }} as encryption_type,
        {{ json_text('item.element', '$.KmsKeyId') }} as kms_key_ref,
        coalesce({{ json_array_size(json_value('item.element', '$.TagList')) }}, 0) > 0 as has_tags,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
