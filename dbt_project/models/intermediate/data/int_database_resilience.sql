-- What each database survives and can be restored to, as of the day judged. Every kind in one shape.
with members as (
    select
        region,
        cluster_name,
        {{ ordered_list('distinct availability_zone', 'availability_zone') }} as availability_zones
    from {{ ref('stg_aws_data__db_instances') }}
    where _day = {{ as_of_day() }} and cluster_name is not null and availability_zone is not null
    group by region, cluster_name
),

-- Zones of replicas that can be promoted; an Oracle replica that is only mounted is one too, once it is opened.
replicas as (
    select
        region,
        {{ last_part('replica_source') }} as source_name,
        {{ ordered_list('distinct availability_zone', 'availability_zone') }} as availability_zones
    from {{ ref('stg_aws_data__db_instances') }}
    where _day = {{ as_of_day() }}
        and availability_zone is not null
        -- Another region is for disasters: nothing fails over to it by itself.
        and (replica_source not like 'arn:%' or {{ part('replica_source', ':', 4) }} = region)
    group by region, {{ last_part('replica_source') }}
),

instances as (
    select
        instances._day,
        instances.database_id,
        instances.is_multi_az,
        {{ present(['instances.availability_zone']) }} as availability_zones,
        coalesce(replicas.availability_zones, {{ empty_codes() }}) as replica_zones,
        instances.replica_source,
        instances.backup_retention_days,
        instances.restorable_at,
        cast(null as varchar) as error_code
    from {{ ref('stg_aws_data__db_instances') }} as instances
    left join replicas on replicas.region = instances.region and replicas.source_name = instances.name
    where instances._day = {{ as_of_day() }} and instances.database_id is not null
),

clusters as (
    select
        clusters._day, clusters.database_id, clusters.is_multi_az,
        coalesce(members.availability_zones, {{ empty_codes() }}), {{ empty_codes() }}, clusters.replica_source,
        clusters.backup_retention_days, clusters.restorable_at, null
    from {{ ref('stg_aws_data__db_clusters') }} as clusters
    left join members on members.region = clusters.region and members.cluster_name = clusters.name
    where clusters._day = {{ as_of_day() }} and clusters.database_id is not null
),

caches as (
    select
        _day, database_id, is_multi_az and has_automatic_failover, coalesce(availability_zones, {{ empty_codes() }}),
        {{ empty_codes() }}, cast(null as varchar), backup_retention_days, cast(null as timestamp), null
    from {{ ref('stg_aws_data__cache_groups') }}
    where _day = {{ as_of_day() }} and database_id is not null
),

warehouses as (
    select
        _day, database_id, is_multi_az, {{ present(['availability_zone']) }}, {{ empty_codes() }},
        cast(null as varchar), backup_retention_days, cast(null as timestamp), null
    from {{ ref('stg_aws_data__redshift_clusters') }}
    where _day = {{ as_of_day() }} and database_id is not null
),

tables as (
    select
        tables._day, tables.database_id, true, {{ empty_codes() }}, {{ empty_codes() }}, cast(null as varchar),
        -- Recovery reaches back 35 days unless a shorter period is set.
        case recovery.recovery_status when 'ENABLED' then coalesce(recovery.recovery_days, 35) when 'DISABLED' then 0 end,
        recovery.restorable_at,
        recovery.error_code
    from {{ ref('stg_aws_data__dynamodb_tables') }} as tables
    left join {{ ref('stg_aws_data__dynamodb_recovery') }} as recovery
        on recovery._day = tables._day and recovery.database_id = tables.database_id
    where tables._day = {{ as_of_day() }} and tables.database_id is not null
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

select
    database_id,
    is_multi_az,
    availability_zones,
    replica_zones,
    replica_source,
    backup_retention_days,
    restorable_at,
    error_code
from all_kinds
qualify row_number() over (partition by database_id order by restorable_at desc nulls last) = 1
