with registered as (
    select *
    from {{ ref('int_data_stores_registered') }}
),

observed as (
    select
        databases._day,
        'aws' as provider,
        databases.database_id,
        databases.name,
        databases.kind,
        databases.engine,
        databases.region,
        databases.account_id,
        databases.status,
        databases.created_at,
        databases.role,
        databases.cluster_id,
        databases.is_storage_encrypted,
        databases.encryption_type,
        databases.kms_key_ref as kms_key_id,
        keys.key_arn,
        keys.key_state,
        databases.is_multi_az as multi_az,
        databases.tagged_class
    from {{ ref('int_databases_observed') }} as databases
    left join {{ ref('int_key_references_resolved') }} as keys
        on keys._day = databases._day
        and keys.region = databases.region
        and keys.key_ref = databases.kms_key_ref
),

{{ dated_versions(
    'observed',
    ref('stg_aws_data__regions'),
    ['provider', 'database_id'],
    [
        'name', 'kind', 'engine', 'region', 'account_id', 'status', 'created_at', 'role', 'cluster_id',
        'is_storage_encrypted', 'encryption_type', 'kms_key_id', 'key_arn', 'key_state', 'multi_az', 'tagged_class',
    ],
) }}

select
    versions.*,
    registered.store_id is not null as is_registered,
    coalesce(registered.classification, versions.tagged_class) as classification,
    registered.environment,
    registered.owner_key
from versions
left join registered
    on registered.store_id = versions.database_id
