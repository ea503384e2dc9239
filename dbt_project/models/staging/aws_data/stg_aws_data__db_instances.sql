with source as (
    {{ new_runs('aws_data', 'db_instances') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.DBInstanceArn') }} as database_id,
        {{ json_text('item.element', '$.DBInstanceIdentifier') }} as name,
        {{ json_text('item.element', '$.Engine') }} as engine,
        {{ json_text('item.element', '$.EngineVersion') }} as engine_version,
        {{ json_text('item.element', '$.DBParameterGroups[0].DBParameterGroupName') }} as parameter_group,
        {{ json_text('item.element', '$.DBParameterGroups[0].ParameterApplyStatus') }} as parameter_status,
        {{ json_text('item.element', '$.DBInstanceStatus') }} as status,
        {{ utc(json_text('item.element', '$.InstanceCreateTime')) }} as created_at,
        {{ json_bool('item.element', '$.StorageEncrypted') }} as is_storage_encrypted,
        {{ json_text('item.element', '$.StorageEncryptionType') }} as encryption_type,
        {{ json_text('item.element', '$.KmsKeyId') }} as kms_key_ref,
        {{ json_text('item.element', '$.DBClusterIdentifier') }} as cluster_name,
        {{ json_text('item.element', '$.ReadReplicaSourceDBInstanceIdentifier') }} as replica_source,
        {{ json_bool('item.element', '$.MultiAZ') }} as is_multi_az,
        {{ json_text('item.element', '$.AvailabilityZone') }} as availability_zone,
        {{ json_text('item.element', '$.ReplicaMode') }} as replica_mode,
        {{ json_int('item.element', '$.BackupRetentionPeriod') }} as backup_retention_days,
        {{ utc(json_text('item.element', '$.LatestRestorableTime')) }} as restorable_at,
        {{ json_bool('item.element', '$.PubliclyAccessible') }} as is_publicly_accessible,
        {{ json_bool('item.element', '$.IAMDatabaseAuthenticationEnabled') }} as has_iam_authentication,
        {{ json_bool('item.element', '$.DeletionProtection') }} as has_deletion_protection,
        {{ json_int('item.element', '$.Endpoint.Port') }} as port,
        {{ json_array_texts(json_value('item.element', '$.VpcSecurityGroups'), 'VpcSecurityGroupId') }} as security_group_ids,
        {{ tagged_class(json_value('item.element', '$.TagList')) }} as tagged_class,
        {{ json_texts('item.element', '$.EnabledCloudwatchLogsExports') }} as log_exports,
        {{ json_text('item.element', '$.ActivityStreamStatus') }} as activity_stream_status,
        {{ json_value('item.element', '$.DBParameterGroups') }} as parameter_groups,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
