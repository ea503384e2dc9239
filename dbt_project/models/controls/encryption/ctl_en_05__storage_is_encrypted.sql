{%- set minimum = param_value('min_algorithm_by_class') or {} -%}
with buckets as (
    select
        *,
        case
            when is_tagging_unread and classification is null then null
            else coalesce(classification, 'internal')
        end as judged_class,
        -- An answer "there is none" is a finding; a refusal is no answer.
        coalesce(encryption_error_code = 'ServerSideEncryptionConfigurationNotFoundError', false)
        or (is_encryption_asked and encryption_error_code is null and algorithm is null) as has_no_default,
        coalesce({{ includes(param('service_managed_algorithms'), 'algorithm') }}, false) as is_service_managed,
        created_at < cast('{{ param_value("sse_default_since") }}' as timestamp) as is_older_than_default,
        inventory_at >= {{ plus_days(as_of(), '-' ~ param('inventory_max_age_days')) }} as is_inventory_recent
    from {{ ref('dim_bucket') }}
    where valid_to is null
),

measured as (
    select
        *,
        {{ encryption_strength('algorithm') }} as strength,
        case judged_class
            {%- for class, algorithm in minimum.items() %}
            when '{{ class }}' then {{ encryption_strength("'" ~ algorithm ~ "'") }}
            {%- endfor %}
        end as strength_needed,
        case judged_class
            {%- for class, algorithm in minimum.items() %}
            when '{{ class }}' then '{{ algorithm }}'
            {%- endfor %}
        end as algorithm_needed,
        coalesce(
            key_state in (
                'Disabled', 'PendingDeletion', 'PendingReplicaDeletion', 'PendingImport', 'Unavailable', 'Foreign', 'NotFound'
            ),
            false
        ) as is_key_unusable,
        case
            when not_sse_count > 0 then 'unencrypted objects'
            when not is_older_than_default then 'no objects older than the default'
            when not {{ includes(param('legacy_object_evidence_for'), 'judged_class') }} then 'not asked for this class'
            when not_sse_count = 0 and is_inventory_recent then 'all objects encrypted'
            when not_sse_count = 0 then 'inventory too old'
            when inventory_error_status in (401, 403) then 'inventory denied'
            else 'no inventory'
        end as legacy_status
    from buckets
),

compared as (
    select
        *,
        coalesce(strength < strength_needed, false) as is_too_weak,
        is_older_than_default is null
        or legacy_status in ('inventory too old', 'inventory denied', 'no inventory') as is_legacy_unknown,
        not has_no_default and algorithm is null as is_default_unknown,
        judged_class is null or strength_needed is null as is_class_unknown,
        algorithm is not null and not is_service_managed and strength is null as is_algorithm_unknown,
        coalesce(key_state = 'Unread', false) as is_key_unknown
    from measured
),

judged as (
    select
        *,
        {{ codes([
            ('NO_DEFAULT_ENCRYPTION', 'has_no_default'),
            ('BELOW_CLASS_MINIMUM', 'is_too_weak and not is_service_managed'),
            ('UNENCRYPTED_OBJECTS', "legacy_status = 'unencrypted objects'"),
            ('KEY_UNUSABLE', 'is_key_unusable'),
            ('UNCLASSIFIED', 'classification is null and not is_tagging_unread'),
        ]) }} as codes,
        is_legacy_unknown or is_default_unknown or is_class_unknown or is_algorithm_unknown or is_key_unknown as is_unknown
    from compared
)

select
    provider || '|' || bucket_name as entity_key,
    bucket_name as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case
        when has_no_default then 'No default encryption is configured.'
        when is_too_weak and not is_service_managed
            then 'Encrypts with ' || algorithm || '; data of class ' || judged_class || ' needs at least ' || algorithm_needed || '.'
        when is_key_unusable
            then 'The configured key cannot be used: ' || case key_state
                when 'Foreign' then 'it belongs to an account that is not ours'
                when 'NotFound' then 'it does not exist'
                else 'its state is ' || key_state
            end || '.'
        when legacy_status = 'unencrypted objects'
            then cast(not_sse_count as varchar) || ' objects are not encrypted, says the inventory of '
                || cast(cast(inventory_at as date) as varchar) || '.'
        when is_default_unknown
            then 'The encryption settings could not be read (' || coalesce(encryption_error_code, 'not asked') || ').'
        when is_class_unknown
            then 'The class of data is unknown: '
                || case when judged_class is null then 'the tags could not be read' else judged_class || ' has no minimum' end || '.'
        when is_algorithm_unknown then 'The algorithm ' || algorithm || ' is not known.'
        when is_key_unknown then 'The state of the configured key could not be read.'
        when is_legacy_unknown
            then 'Created before S3 encrypted every new object and classed ' || judged_class || '; nothing proves that its older objects are encrypted ('
                || legacy_status || ').'
        else 'Encrypts with ' || algorithm || ', enough for data of class ' || judged_class
            || case when classification is null then ' (assumed: it has no class)' else '' end
            || '; objects: ' || legacy_status || '.'
    end as reason,
    bucket_name as bucket,
    region,
    account_id,
    created_at,
    algorithm,
    kms_key_id,
    key_state,
    classification,
    legacy_status,
    case when is_sse_c_blocked then 'blocked' else 'possible' end as customer_key_objects,
    {{ demands([
        ('s3_default_encryption', "true"),
    ]) }} as demands
from judged
