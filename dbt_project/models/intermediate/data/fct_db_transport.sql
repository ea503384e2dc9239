with databases as (
    select
        database_id, name, 'instance' as kind, engine, engine_version, region, account_id, status, parameter_group,
        coalesce(parameter_status, 'unread') as parameter_status,
        cast(null as boolean) as is_transit_encrypted, cast(null as varchar) as transit_mode
    from {{ ref('stg_aws_data__db_instances') }}
    where _day = {{ as_of_day() }} and database_id is not null and cluster_name is null

    union all

    select
        database_id, name, 'cluster', engine, engine_version, region, account_id, status, parameter_group,
        case
            when {{ includes('parameter_statuses', "'pending-reboot'") }} then 'pending-reboot'
            when {{ all_are('parameter_statuses', 'in-sync') }} then 'in-sync'
            else 'unread'
        end,
        null, null
    from {{ ref('stg_aws_data__db_clusters') }}
    where _day = {{ as_of_day() }} and database_id is not null

    union all

    select
        database_id, name, 'warehouse', 'redshift', null, region, account_id, status, parameter_group,
        coalesce(parameter_status, 'unread'), null, null
    from {{ ref('stg_aws_data__redshift_clusters') }}
    where _day = {{ as_of_day() }} and database_id is not null

    union all

    select
        database_id, name, 'cache', engine, null, region, account_id, status, null, 'in-sync', is_transit_encrypted, transit_mode
    from {{ ref('stg_aws_data__cache_groups') }}
    where _day = {{ as_of_day() }} and database_id is not null
),

-- An ARN may come twice: DescribeDBInstances and DescribeDBClusters also return Neptune and DocumentDB.
distinct_databases as (
    select
        *,
        case
            when engine like '%postgres%' or engine like 'sqlserver%' then 'rds.force_ssl'
            when engine like '%mysql%' or engine = 'mariadb' then 'require_secure_transport'
            when engine = 'docdb' then 'tls'
            when engine = 'neptune' then 'neptune_enforce_ssl'
            when engine = 'redshift' then 'require_ssl'
        end as parameter,
        case when engine like '%postgres%' then 'ssl_min_protocol_version' when engine like '%mysql%' or engine = 'mariadb' then 'tls_version' end
            as version_parameter
    from databases
    qualify row_number() over (partition by database_id order by kind, name) = 1
),

parameters as (
    select *
    from {{ ref('stg_aws_data__db_parameters') }}
    where _day = {{ as_of_day() }}
),

with_parameters as (
    select
        databases.*,
        forced.parameter is not null as is_parameter_read,
        lower(forced.parameter_value) as parameter_value,
        versions.parameter is not null as is_version_read,
        versions.parameter_value as version_value,
        olds.old_versions
    from distinct_databases as databases
    left join parameters as forced
        on forced.region = databases.region and forced.kind = databases.kind and forced.parameter_group = databases.parameter_group
        and forced.parameter = databases.parameter
    left join parameters as versions
        on versions.region = databases.region and versions.kind = databases.kind and versions.parameter_group = databases.parameter_group
        and versions.parameter = databases.version_parameter
    left join (
        -- SQL Server has a switch a version.
        select region, kind, parameter_group, sum(case when lower(parameter_value) = 'disabled' then 0 else 1 end) as old_versions
        from parameters
        where parameter in ('rds.tls10', 'rds.tls11')
        group by region, kind, parameter_group
    ) as olds
        on olds.region = databases.region and olds.kind = databases.kind and olds.parameter_group = databases.parameter_group
        and databases.engine like 'sqlserver%'
),

interpreted as (
    select
        *,
        case
            when kind = 'cache' then is_transit_encrypted and coalesce(transit_mode, 'required') = 'required'
            when not is_parameter_read then null
            when parameter_value in ('1', 'on', 'true', 'enabled') or (engine = 'docdb' and parameter_value <> 'disabled') then true
            when parameter_value is not null then false
            -- Without a value the engine's default holds: off, but PostgreSQL's depends on the version.
            when parameter in ('require_secure_transport', 'require_ssl') then false
        end as is_configured,
        case
            when kind in ('cache', 'warehouse') then ['TLSv1.2', 'TLSv1.3']
            when engine like 'sqlserver%' then case when old_versions = 0 then ['TLSv1.2', 'TLSv1.3'] when old_versions > 0 then ['TLSv1', 'TLSv1.1', 'TLSv1.2'] end
            when not is_version_read then null
            when version_parameter = 'tls_version' and version_value is not null then {{ split_list('version_value') }}
            when version_parameter = 'tls_version' and engine not like 'mariadb'
                then case when {{ version_number('engine_version') }} >= 8000028 then ['TLSv1.2', 'TLSv1.3'] end
            when version_parameter = 'ssl_min_protocol_version' and version_value is not null then {{ protocols_from('version_value') }}
            when version_parameter = 'ssl_min_protocol_version'
                then {{ protocols_from("case when " ~ version_number('engine_version') ~ " >= 13000000 then 'TLSv1.2' when engine_version is not null then 'TLSv1' end") }}
        end as configured_protocols
    from with_parameters
)

select
    interpreted.database_id,
    interpreted.name,
    interpreted.kind,
    interpreted.engine,
    interpreted.region,
    interpreted.account_id,
    interpreted.status,
    coalesce(interpreted.parameter, case when interpreted.kind = 'cache' then 'TransitEncryptionMode' end) as parameter,
    case
        when interpreted.kind = 'cache'
            then case when interpreted.is_transit_encrypted then coalesce(interpreted.transit_mode, 'required') when not interpreted.is_transit_encrypted then 'disabled' end
        else coalesce(interpreted.parameter_value, case when interpreted.is_parameter_read then 'default' end)
    end as parameter_value,
    interpreted.parameter_group,
    interpreted.parameter_status,
    case
        when not interpreted.is_configured then false
        when interpreted.is_configured and interpreted.parameter_status = 'in-sync' then true
        when interpreted.is_configured and interpreted.parameter_status = 'pending-reboot' then false
    end as forces_tls,
    case when interpreted.parameter_status = 'in-sync' then interpreted.configured_protocols end as protocols,
    registered.owner_key
from interpreted
left join {{ ref('int_data_stores_registered') }} as registered on registered.store_id = interpreted.database_id
