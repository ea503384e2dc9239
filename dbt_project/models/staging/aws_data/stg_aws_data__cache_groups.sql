with source as (
    {{ new_runs('aws_data', 'cache_groups') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        coalesce({{ json_text('item.element', '$.ARN') }}, 'arn:aws:elasticache:' || {{ json_text('parent', '$.Region') }} || ':' || {{ json_text('parent', '$.Account') }} || ':replicationgroup:' || {{ json_text('item.element', '$.ReplicationGroupId') }}) as database_id,
        {{ json_text('item.element', '$.ReplicationGroupId') }} as name,
        coalesce({{ json_text('item.element', '$.Engine') }}, 'redis') as engine,
        {{ json_text('item.element', '$.Status') }} as status,
        {{ utc(json_text('item.element', '$.ReplicationGroupCreateTime')) }} as created_at,
        {{ json_bool('item.element', '$.TransitEncryptionEnabled') }} as is_transit_encrypted,
        {{ json_text('item.element', '$.TransitEncryptionMode') }} as transit_mode,
        {{ json_bool('item.element', '$.AtRestEncryptionEnabled') }} as is_at_rest_encrypted,
        {{ json_text('item.element', '$.KmsKeyId') }} as kms_key_ref,
        {{ json_text('item.element', '$.MultiAZ') }} = 'enabled' as is_multi_az,
        {{ json_text('item.element', '$.AutomaticFailover') }} = 'enabled' as has_automatic_failover,
        {{ json_text('item.element', '$.NodeGroups[*].NodeGroupMembers[*].PreferredAvailabilityZone') }} as availability_zones,
        {{ json_int('item.element', '$.SnapshotRetentionLimit') }} as backup_retention_days,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
