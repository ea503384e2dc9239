with stores as (
    select database_id as store_id from {{ ref('stg_aws_data__db_instances') }} where _day = {{ as_of_day() }} and cluster_name is null
    union
    select database_id from {{ ref('stg_aws_data__db_clusters') }} where _day = {{ as_of_day() }}
    union
    select database_id from {{ ref('stg_aws_data__dynamodb_tables') }} where _day = {{ as_of_day() }}
    union
    select region || volume_id from {{ ref('stg_aws_data__volumes') }} where _day = {{ as_of_day() }}
),

expected as (
    select count(store_id) as stores
    from stores
),

found as (
    select count(*) as stores
    from {{ ref('ctl_cs_03__backups_are_planned') }}
    where (entity_key like '%|arn:%' or entity_key not like '% of %')
        and (entity_key like 'rds_in_backup_plan|%' or entity_key like 'dynamodb_in_backup_plan|%' or entity_key like 'ebs_in_backup_plan|%')
)

{{ counts_agree('stores_judged', 'aws_data', 'expected.stores', 'found.stores', 'databases, tables and volumes that the provider lists, each with a row') }}
from expected
cross join found
