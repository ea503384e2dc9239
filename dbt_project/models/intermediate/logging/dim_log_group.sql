-- Log groups of CloudWatch as they are on the day judged. A region that refused is in no row here: who asks after one of
-- its groups looks at int_log_stores_read.
select
    {{ json_text('settings', '$.Id') }} as group_arn,
    {{ json_text('settings', '$.logGroupName') }} as group_name,
    account_id,
    region,
    {{ json_int('settings', '$.retentionInDays') }} as retention_days,
    coalesce({{ json_text('settings', '$.logGroupClass') }}, 'STANDARD') as log_group_class,
    {{ json_text('settings', '$.kmsKeyId') }} as kms_key_arn,
    {{ from_millis(json_int('settings', '$.creationTime')) }} as created_at,
    {{ json_int('settings', '$.storedBytes') }} as stored_bytes,
    {{ json_bool('settings', '$.deletionProtectionEnabled') }} as is_deletion_protected,
    {{ json_value('settings', '$.MetricFilters') }} as metric_filters
from {{ ref('stg_aws_services__resources') }}
where service = 'logs'
    and _day = {{ as_of_day() }}
    and resource_id is not null
