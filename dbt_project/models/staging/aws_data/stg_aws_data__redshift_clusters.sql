with source as (
    {{ new_runs('aws_data', 'redshift_clusters') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        'arn:aws:redshift:' || {{ json_text('parent', '$.Region') }} || ':' || {{ json_text('parent', '$.Account') }} || ':cluster:' || {{ json_text('item.element', '$.ClusterIdentifier') }} as database_id,
        {{ json_text('item.element', '$.ClusterIdentifier') }} as name,
        {{ json_text('item.element', '$.ClusterParameterGroups[0].ParameterGroupName') }} as parameter_group,
        {{ json_text('item.element', '$.ClusterParameterGroups[0].ParameterApplyStatus') }} as parameter_status,
        {{ json_text('item.element', '$.ClusterStatus') }} as status,
        {{ utc(json_text('item.element', '$.ClusterCreateTime')) }} as created_at,
        {{ json_bool('item.element', '$.Encrypted') }} as is_encrypted,
        {{ json_text('item.element', '$.KmsKeyId') }} as kms_key_ref,
        {{ json_text('item.element', '$.MultiAZ') }} = 'Enabled' as is_multi_az,
        {{ json_bool('item.element', '$.PubliclyAccessible') }} as is_publicly_accessible,
        {{ json_text('item.element', '$.AvailabilityZone') }} as availability_zone,
        {{ json_int('item.element', '$.AutomatedSnapshotRetentionPeriod') }} as backup_retention_days,
        {{ tagged_class(json_value('item.element', '$.Tags')) }} as tagged_class,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
