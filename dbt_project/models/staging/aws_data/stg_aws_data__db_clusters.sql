with source as (
    {{ new_runs('aws_data', 'db_clusters') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.DBClusterArn') }} as database_id,
        {{ json_text('item.element', '$.DBClusterIdentifier') }} as name,
        {{ json_text('item.element', '$.Engine') }} as engine,
        {{ json_text('item.element', '$.EngineVersion') }} as engine_version,
        {{ json_text('item.element', '$.DBClusterParameterGroup') }} as parameter_group,
        {{ json_array_texts(json_value('item.element', '$.DBClusterMembers'), 'DBClusterParameterGroupStatus') }} as parameter_statuses,
        {{ json_text('item.element', '$.Status') }} as status,
        {{ utc(json_text('item.element', '$.ClusterCreateTime')) }} as created_at,
        {{ json_bool('item.element', '$.StorageEncrypted') }} as is_storage_encrypted,
        {{ json_text('item.element', '$.StorageEncryptionType') }} as encryption_type,
        {{ json_text('item.element', '$.KmsKeyId') }} as kms_key_ref,
        {{ json_text('item.element', '$.ReplicationSourceIdentifier') }} as replica_source,
        {{ json_bool('item.element', '$.MultiAZ') }} as is_multi_az,
        {{ json_int('item.element', '$.BackupRetentionPeriod') }} as backup_retention_days,
        {{ utc(json_text('item.element', '$.LatestRestorableTime')) }} as restorable_at,
        {{ tagged_class(json_value('item.element', '$.TagList')) }} as tagged_class,
        {{ json_texts('item.element', '$.EnabledCloudwatchLogsExports') }} as log_exports,
        {{ json_text('item.element', '$.ActivityStreamStatus') }} as activity_stream_status,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
