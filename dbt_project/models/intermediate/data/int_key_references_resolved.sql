-- What the key that a store names is worth that day. Stores name keys by id, alias or ARN, and nobody checks them.
with refs as (
    select _day, region, account_id, kms_key_ref as key_ref
    from {{ ref('stg_aws_data__db_instances') }}
    union
    select _day, region, account_id, kms_key_ref
    from {{ ref('stg_aws_data__db_clusters') }}
    union
    select _day, region, account_id, kms_key_ref
    from {{ ref('stg_aws_data__cache_groups') }}
    union
    select _day, region, account_id, kms_key_ref
    from {{ ref('stg_aws_data__redshift_clusters') }}
    union
    select _day, region, account_id, kms_key_ref
    from {{ ref('stg_aws_data__dynamodb_tables') }}
    union
    select _day, region, account_id, kms_key_ref
    from {{ ref('stg_aws_data__volumes') }}
    union
    select _day, region, account_id, kms_key_ref
    from {{ ref('stg_aws_backups__rds_snapshots') }}
    union
    select _day, region, account_id, kms_key_ref
    from {{ ref('stg_aws_backups__ebs_snapshots') }}
    union
    select _day, region, account_id, kms_key_ref
    from {{ ref('stg_aws_backups__recovery_points') }}
    union
    select _day, region, account_id, kms_key_ref
    from {{ ref('stg_aws_secrets__secrets') }}
    union
    select _day, region, account_id, kms_key_ref
    from {{ ref('stg_aws_secrets__parameters') }}
    union
    select encryption._day, buckets.region, buckets.account_id, encryption.kms_key_ref
    from {{ ref('stg_aws_storage__bucket_encryption') }} as encryption
    inner join {{ ref('stg_aws_storage__buckets') }} as buckets
        on buckets._day = encryption._day and buckets.bucket_name = encryption.bucket_name
),

placed as (
    select
        *,
        -- An ARN says itself where the key lives; an id or an alias is looked up where the store is.
        case when key_ref like 'arn:%' then {{ part('key_ref', ':', 4) }} else region end as key_region,
        case when key_ref like 'arn:%' then {{ part('key_ref', ':', 5) }} else account_id end as key_account_id
    from refs
    where key_ref is not null
),

regions_read as (
    select distinct _day, region
    from {{ ref('stg_aws_data__kms_keys') }}
    where error_code is null
),

regions_whole as (
    -- Names are only known to be wrong where keys and aliases were both listed.
    select regions_read._day, regions_read.region
    from regions_read
    inner join (
        select distinct _day, region
        from {{ ref('stg_aws_data__kms_aliases') }}
        where error_code is null
    ) as aliases
        on aliases._day = regions_read._day and aliases.region = regions_read.region
)

select
    placed._day,
    placed.region,
    placed.key_ref,
    placed.key_account_id,
    keys.key_arn,
    case
        when keys.state is not null then keys.state
        when keys.is_denied then 'Unread'
        -- Keys that AWS manages for a service exist from their first use on, and cannot be disabled.
        when placed.key_ref like '%alias/aws/%' then 'Enabled'
        when placed.key_account_id <> placed.account_id then 'Foreign'
        when regions_whole.region is not null then 'NotFound'
        else 'Unread'
    end as key_state
from placed
left join {{ ref('int_keys_observed') }} as keys
    on keys._day = placed._day
    and keys.region = placed.key_region
    and keys.name = placed.key_ref
    and placed.key_account_id is not distinct from placed.account_id
left join regions_whole
    on regions_whole._day = placed._day and regions_whole.region = placed.key_region
