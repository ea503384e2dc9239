-- One row for each demand and each resource that it is about; a service that a region refused is one unknown row a demand.
with listed as (
    select
        *,
        coalesce(resource_id, service || ' of ' || region) as resource,
        error_code is not null as is_refused
    from {{ ref('stg_aws_services__resources') }}
    where
        _day = {{ as_of_day() }}
        and (resource_id is not null or error_code is not null)
        and coalesce({{ json_text('settings', '$.State.Name') }}, '') not in ('terminated', 'shutting-down')
),

-- Filters that count what root does, with the alarms that ring on their metric.
root_alarms as (
    select max(case when alarms.alarm_name is not null then 1 else 0 end) = 1 as rings
    from listed
    cross join lateral {{ json_each(json_value('listed.settings', '$.MetricFilters')) }} as item
    left join {{ ref('stg_aws_availability__alarms') }} as alarms
        on alarms._day = {{ as_of_day() }}
        and alarms.region = listed.region
        and alarms.metric_name = {{ json_text('item.element', '$.metricTransformations[0].metricName') }}
        and alarms.has_actions_enabled
        and not {{ is_empty_list('alarms.alarm_actions') }}
    where listed.service = 'logs'
        and {{ json_text('item.element', '$.filterPattern') }} like '%userIdentity.type%Root%'
),

population as (
    select
        'sns_encrypted' as demand,
        'NOT_ENCRYPTED' as code,
        resource,
        region,
        coalesce({{ json_text('settings', '$.KmsMasterKeyId') }} is null, false) as is_violated,
        is_refused as is_unknown
    from listed
    where service = 'sns'

    union all

    select
        'sqs_encrypted',
        'NOT_ENCRYPTED',
        resource,
        region,
        coalesce({{ json_text('settings', '$.KmsMasterKeyId') }} is null and coalesce({{ json_text('settings', '$.SqsManagedSseEnabled') }}, 'false') != 'true', false),
        is_refused
    from listed
    where service = 'sqs'

    union all

    select
        'kinesis_encrypted',
        'NOT_ENCRYPTED',
        resource,
        region,
        coalesce(coalesce({{ json_text('settings', '$.EncryptionType') }}, 'NONE') != 'KMS', false),
        is_refused
    from listed
    where service = 'kinesis'

    union all

    select
        'kinesis_retention',
        'RETENTION_SHORT',
        resource,
        region,
        coalesce({{ json_int('settings', '$.RetentionPeriodHours') }} < {{ param('stream_retention_hours') }}, false),
        is_refused or ({{ json_int('settings', '$.RetentionPeriodHours') }} is null)
    from listed
    where service = 'kinesis'

    union all

    select
        'efs_encrypted',
        'NOT_ENCRYPTED',
        resource,
        region,
        coalesce(not {{ json_bool('settings', '$.Encrypted') }}, false),
        is_refused or ({{ json_bool('settings', '$.Encrypted') }} is null)
    from listed
    where service = 'efs'

    union all

    select
        'opensearch_encrypted',
        'NOT_ENCRYPTED',
        resource,
        region,
        coalesce(not coalesce({{ json_bool('settings', '$.EncryptionAtRestOptions.Enabled') }}, false), false),
        is_refused
    from listed
    where service = 'opensearch'

    union all

    select
        'apigw_cache_encrypted',
        'NOT_ENCRYPTED',
        resource,
        region,
        coalesce(coalesce({{ json_bool('settings', '$.cacheClusterEnabled') }}, false)
            and not (
                coalesce(list_contains({{ json_text('settings', '$.methodSettings.*.cacheDataEncrypted') }}, 'true'), false)
                and not list_contains({{ json_text('settings', '$.methodSettings.*.cacheDataEncrypted') }}, 'false')
            ), false),
        is_refused
    from listed
    where service = 'apigateway'

    union all

    select
        'glue_encrypted',
        'NOT_ENCRYPTED',
        resource,
        region,
        coalesce(coalesce({{ json_text('settings', '$.EncryptionAtRest.CatalogEncryptionMode') }}, 'DISABLED') = 'DISABLED'
            or not coalesce({{ json_bool('settings', '$.ConnectionPasswordEncryption.ReturnConnectionPasswordEncrypted') }}, false), false),
        is_refused
    from listed
    where service = 'glue'

    union all

    select
        'sagemaker_encrypted',
        'NO_OWN_KEY',
        resource,
        region,
        coalesce({{ json_text('settings', '$.KmsKeyId') }} is null, false),
        is_refused
    from listed
    where service = 'sagemaker'

    union all

    select
        'log_groups_encrypted',
        'NO_OWN_KEY',
        resource,
        region,
        coalesce({{ json_text('settings', '$.kmsKeyId') }} is null, false),
        is_refused
    from listed
    where service = 'logs'

    union all

    select
        'ec2_public',
        'PUBLIC_ADDRESS',
        resource,
        region,
        coalesce({{ json_text('settings', '$.PublicIpAddress') }} is not null or {{ json_text('settings', '$.Ipv6Address') }} is not null, false),
        is_refused
    from listed
    where service = 'ec2'

    union all

    select
        'imdsv2',
        'IMDS_V1',
        resource,
        region,
        coalesce(coalesce({{ json_text('settings', '$.MetadataOptions.HttpEndpoint') }}, 'enabled') = 'enabled' and {{ json_text('settings', '$.MetadataOptions.HttpTokens') }} = 'optional', false),
        is_refused or ({{ json_text('settings', '$.MetadataOptions.HttpTokens') }} is null)
    from listed
    where service = 'ec2'

    union all

    select
        'external_access_analyzer',
        'NO_ANALYZER',
        resource,
        region,
        coalesce(not list_contains({{ json_text('settings', '$.Analyzers[*].status') }}, 'ACTIVE'), false),
        is_refused
    from listed
    where service = 'accessanalyzer'

    union all

    select
        'acm_expiry',
        'CERT_EXPIRING',
        resource,
        region,
        coalesce({{ utc(json_text('settings', '$.NotAfter')) }} < {{ plus_days(as_of(), param('certificate_days')) }}, false),
        is_refused or {{ json_text('settings', '$.NotAfter') }} is null
    from listed
    -- What waits for validation or is used by nothing has no date, or none that matters.
    where service = 'acm'
        and (is_refused or ({{ json_text('settings', '$.Status') }} in ('ISSUED', 'EXPIRED') and coalesce({{ json_bool('settings', '$.InUse') }}, true)))

    union all

    select
        'no_plaintext_ci_secrets',
        'PLAINTEXT_CI_SECRET',
        resource,
        region,
        exists (
            select 1
            from {{ json_each(json_value('listed.settings', '$.Variables')) }} as item
            where {{ json_text('item.element', '$.type') }} = 'PLAINTEXT'
                and {{ matches_any_pattern("lower(" ~ json_text('item.element', '$.name') ~ ")", param_value('secret_name_patterns') or []) }}
        ),
        is_refused
    from listed
    where service = 'codebuild'

    union all

    select
        'root_usage_alarm',
        'NO_ROOT_ALARM',
        'alarm on root of ' || max(account_id),
        'all regions',
        not coalesce((select rings from root_alarms), false),
        -- A region that was refused may hold the alarm.
        max(case when is_refused then 1 else 0 end) = 1 and not coalesce((select rings from root_alarms), false)
    from (select account_id, service, is_refused from listed) as places
    where service in ('logs', 'accessanalyzer')
    having count(*) > 0

    union all

    select
        'dynamodb_cmk',
        'NO_OWN_KEY',
        coalesce(database_id, 'dynamodb_cmk of ' || region),
        region,
        kms_key_ref is null,
        error_code is not null
    from {{ ref('stg_aws_data__dynamodb_tables') }}
    where _day = {{ as_of_day() }} and (database_id is not null or error_code is not null)

    union all

    select
        'cloudtrail_kms',
        'NO_OWN_KEY',
        trail_arn,
        home_region,
        kms_key_id is null,
        false
    from {{ ref('stg_aws_trail_config__trails') }}
    where _day = {{ as_of_day() }} and trail_arn is not null

    union all

    select
        'redshift_public',
        'PUBLIC_WAREHOUSE',
        coalesce(database_id, 'redshift_public of ' || region),
        region,
        coalesce(is_publicly_accessible, false),
        error_code is not null or is_publicly_accessible is null
    from {{ ref('stg_aws_data__redshift_clusters') }}
    where _day = {{ as_of_day() }} and (database_id is not null or error_code is not null)

    union all

    select
        'rds_iam_authentication',
        'PASSWORDS_ONLY',
        coalesce(database_id, 'rds_iam_authentication of ' || region),
        region,
        coalesce(not has_iam_authentication, false),
        error_code is not null or has_iam_authentication is null
    from {{ ref('stg_aws_data__db_instances') }}
    where _day = {{ as_of_day() }} and (database_id is not null or error_code is not null) and cluster_name is null

    union all

    select
        'rds_deletion_protection',
        'NO_DELETION_PROTECTION',
        coalesce(database_id, 'rds_deletion_protection of ' || region),
        region,
        coalesce(not has_deletion_protection, false),
        error_code is not null or has_deletion_protection is null
    from {{ ref('stg_aws_data__db_instances') }}
    where _day = {{ as_of_day() }} and (database_id is not null or error_code is not null) and cluster_name is null

    union all

    select
        'kms_not_pending_deletion',
        'KEY_PENDING_DELETION',
        coalesce(key_arn, 'kms_not_pending_deletion of ' || region),
        region,
        coalesce(state in ('PendingDeletion', 'PendingReplicaDeletion'), false),
        error_code is not null or state is null
    from {{ ref('stg_aws_data__kms_keys') }}
    where _day = {{ as_of_day() }} and (key_arn is not null or error_code is not null) and coalesce(manager, 'CUSTOMER') = 'CUSTOMER'
),

judged as (
    select
        *,
        is_violated and not is_unknown as is_found,
        {{ codes([
            ('NOT_ENCRYPTED', "code = 'NOT_ENCRYPTED' and is_violated and not is_unknown"),
            ('IMDS_V1', "code = 'IMDS_V1' and is_violated and not is_unknown"),
            ('NO_ANALYZER', "code = 'NO_ANALYZER' and is_violated and not is_unknown"),
            ('NO_OWN_KEY', "code = 'NO_OWN_KEY' and is_violated and not is_unknown"),
            ('RETENTION_SHORT', "code = 'RETENTION_SHORT' and is_violated and not is_unknown"),
            ('CERT_EXPIRING', "code = 'CERT_EXPIRING' and is_violated and not is_unknown"),
            ('PLAINTEXT_CI_SECRET', "code = 'PLAINTEXT_CI_SECRET' and is_violated and not is_unknown"),
            ('NO_ROOT_ALARM', "code = 'NO_ROOT_ALARM' and is_violated and not is_unknown"),
            ('PUBLIC_ADDRESS', "code = 'PUBLIC_ADDRESS' and is_violated and not is_unknown"),
            ('PUBLIC_WAREHOUSE', "code = 'PUBLIC_WAREHOUSE' and is_violated and not is_unknown"),
            ('PASSWORDS_ONLY', "code = 'PASSWORDS_ONLY' and is_violated and not is_unknown"),
            ('NO_DELETION_PROTECTION', "code = 'NO_DELETION_PROTECTION' and is_violated and not is_unknown"),
            ('KEY_PENDING_DELETION', "code = 'KEY_PENDING_DELETION' and is_violated and not is_unknown"),
        ]) }} as codes
    from population
)

select
    demand || '|' || resource as entity_key,
    resource || ': ' || demand as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case when is_unknown then 'Could not be read.' when is_found then 'Not as the demand asks.' else 'As the demand asks.' end as reason,
    region,
    resource,
    {{ demands([
        ('sns_encrypted', "demand = 'sns_encrypted'"),
        ('sqs_encrypted', "demand = 'sqs_encrypted'"),
        ('kinesis_encrypted', "demand = 'kinesis_encrypted'"),
        ('kinesis_retention', "demand = 'kinesis_retention'"),
        ('efs_encrypted', "demand = 'efs_encrypted'"),
        ('opensearch_encrypted', "demand = 'opensearch_encrypted'"),
        ('apigw_cache_encrypted', "demand = 'apigw_cache_encrypted'"),
        ('glue_encrypted', "demand = 'glue_encrypted'"),
        ('sagemaker_encrypted', "demand = 'sagemaker_encrypted'"),
        ('log_groups_encrypted', "demand = 'log_groups_encrypted'"),
        ('ec2_public', "demand = 'ec2_public'"),
        ('imdsv2', "demand = 'imdsv2'"),
        ('external_access_analyzer', "demand = 'external_access_analyzer'"),
        ('dynamodb_cmk', "demand = 'dynamodb_cmk'"),
        ('acm_expiry', "demand = 'acm_expiry'"),
        ('no_plaintext_ci_secrets', "demand = 'no_plaintext_ci_secrets'"),
        ('root_usage_alarm', "demand = 'root_usage_alarm'"),
        ('cloudtrail_kms', "demand = 'cloudtrail_kms'"),
        ('redshift_public', "demand = 'redshift_public'"),
        ('rds_iam_authentication', "demand = 'rds_iam_authentication'"),
        ('rds_deletion_protection', "demand = 'rds_deletion_protection'"),
        ('kms_not_pending_deletion', "demand = 'kms_not_pending_deletion'"),
    ]) }} as demands
from judged
