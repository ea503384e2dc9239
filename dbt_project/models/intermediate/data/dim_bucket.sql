with registered as (
    select *
    from {{ ref('int_data_stores_registered') }}
),

observed as (
    select
        buckets._day,
        'aws' as provider,
        buckets.bucket_name,
        'arn:aws:s3:::' || buckets.bucket_name as store_id,
        coalesce(buckets.account_id, 'unknown') as account_id,
        buckets.region,
        buckets.created_at,
        encryption.algorithm,
        encryption.kms_key_ref as kms_key_id,
        keys.key_arn,
        keys.key_state,
        encryption.is_sse_c_blocked,
        encryption.error_code as encryption_error_code,
        encryption.error_status as encryption_error_status,
        encryption.bucket_name is not null as is_encryption_asked,
        tags.tagged_class,
        tags.owner_tag,
        -- No tags at all is an answer; a denied one is none.
        tags.bucket_name is null or coalesce(tags.error_code, 'NoSuchTagSet') <> 'NoSuchTagSet' as is_tagging_unread,
        case
            when blocks.error_code is null
                then blocks.blocks_public_acls and blocks.ignores_public_acls and blocks.blocks_public_policy
                    and blocks.restricts_public_buckets
            when blocks.error_status = 404 then false
        end as public_block,
        case when versions_of.error_code is null then coalesce(versions_of.versioning, 'Off') end as versioning,
        inventories.error_code as inventory_error_code,
        inventories.error_status as inventory_error_status,
        inventories.not_sse_count,
        inventories.reported_at as inventory_at
    from {{ ref('stg_aws_storage__buckets') }} as buckets
    left join {{ ref('stg_aws_storage__bucket_encryption') }} as encryption
        on encryption._day = buckets._day and encryption.bucket_name = buckets.bucket_name
    left join {{ ref('int_key_references_resolved') }} as keys
        on keys._day = buckets._day and keys.region = buckets.region and keys.key_ref = encryption.kms_key_ref
    left join {{ ref('stg_aws_storage__bucket_tagging') }} as tags
        on tags._day = buckets._day and tags.bucket_name = buckets.bucket_name
    left join {{ ref('stg_aws_storage__public_access_block') }} as blocks
        on blocks._day = buckets._day and blocks.bucket_name = buckets.bucket_name
    left join {{ ref('stg_aws_storage__bucket_versioning') }} as versions_of
        on versions_of._day = buckets._day and versions_of.bucket_name = buckets.bucket_name
    left join {{ ref('stg_aws_storage__bucket_inventory') }} as inventories
        on inventories._day = buckets._day and inventories.bucket_name = buckets.bucket_name
    where buckets.bucket_name is not null
),

{{ dated_versions(
    'observed',
    ref('stg_aws_storage__buckets'),
    ['provider', 'bucket_name'],
    [
        'store_id', 'account_id', 'region', 'created_at', 'algorithm', 'kms_key_id', 'key_arn', 'key_state',
        'is_sse_c_blocked', 'encryption_error_code', 'encryption_error_status', 'is_encryption_asked', 'tagged_class',
        'owner_tag', 'is_tagging_unread', 'public_block', 'versioning', 'inventory_error_code',
        'inventory_error_status', 'not_sse_count',
    ],
    ['inventory_at'],
) }}

select
    versions.*,
    registered.store_id is not null as is_registered,
    -- The register is reviewed, a tag is not: where both speak, the register counts.
    coalesce(registered.classification, versions.tagged_class) as classification,
    registered.owner_key
from versions
left join registered on registered.store_id = versions.store_id
