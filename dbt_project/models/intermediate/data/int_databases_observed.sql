-- Every kind of database in one shape, one row a day and ARN. DescribeDBInstances and DescribeDBClusters also return
-- Neptune and DocumentDB, and an ARN may come twice.
with instances as (
    select
        _day, database_id, name, 'instance' as kind, engine, region, account_id, status, created_at,
        case
            when cluster_name is not null then 'member'
            when replica_source is not null then 'replica'
            else 'primary'
        end as role,
        case
            when cluster_name is not null
                then 'arn:aws:rds:' || region || ':' || account_id || ':cluster:' || cluster_name
        end as cluster_id,
        is_storage_encrypted, encryption_type, kms_key_ref, is_multi_az, tagged_class
    from {{ ref('stg_aws_data__db_instances') }}
    where database_id is not null
),

clusters as (
    select
        _day, database_id, name, 'cluster' as kind, engine, region, account_id, status, created_at,
        case when replica_source is not null then 'replica' else 'primary' end as role,
        cast(null as varchar) as cluster_id,
        is_storage_encrypted, encryption_type, kms_key_ref, is_multi_az, tagged_class
    from {{ ref('stg_aws_data__db_clusters') }}
    where database_id is not null
),

caches as (
    select
        _day, database_id, name, 'cache' as kind, engine, region, account_id, status, created_at,
        'primary' as role,
        cast(null as varchar) as cluster_id,
        is_at_rest_encrypted as is_storage_encrypted, cast(null as varchar) as encryption_type, kms_key_ref, is_multi_az,
        cast(null as varchar) as tagged_class
    from {{ ref('stg_aws_data__cache_groups') }}
    where database_id is not null
),

warehouses as (
    select
        _day, database_id, name, 'warehouse' as kind, 'redshift' as engine, region, account_id, status, created_at,
        'primary' as role,
        cast(null as varchar) as cluster_id,
        is_encrypted as is_storage_encrypted, cast(null as varchar) as encryption_type, kms_key_ref, is_multi_az,
        tagged_class
    from {{ ref('stg_aws_data__redshift_clusters') }}
    where database_id is not null
),

tables as (
    select
        _day, database_id, name, 'table' as kind, 'dynamodb' as engine, region, account_id, status, created_at,
        'primary' as role,
        cast(null as varchar) as cluster_id,
        -- DynamoDB encrypts every table; without a key of the account the key is one that AWS owns.
        true as is_storage_encrypted,
        case when kms_key_ref is null then 'aws-owned' else 'sse-kms' end as encryption_type,
        kms_key_ref,
        true as is_multi_az,
        cast(null as varchar) as tagged_class
    from {{ ref('stg_aws_data__dynamodb_tables') }}
    where database_id is not null
),

all_kinds as (
    select * from instances
    union all
    select * from clusters
    union all
    select * from caches
    union all
    select * from warehouses
    union all
    select * from tables
)

select *
from all_kinds
qualify row_number() over (partition by _day, database_id order by kind, name) = 1
