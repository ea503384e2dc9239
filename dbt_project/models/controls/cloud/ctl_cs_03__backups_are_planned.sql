-- One row for each demand and each resource that it is about. Whether a backup was made is AV-05's question, whether it is
-- encrypted EN-09's: here it is whether somebody planned it.
with listed as (
    select
        *,
        {{ json_text('settings', '$.Kind') }} as item_kind,
        error_code is not null as is_refused
    from {{ ref('stg_aws_services__resources') }}
    where _day = {{ as_of_day() }} and service in ('backup', 'efs', 'fsx')
),

refused as (
    select distinct region, service
    from listed
    where is_refused
),

account as (
    select
        coalesce(max(account_id), 'unknown') as account_id,
        sum(case when item_kind = 'plan' then 1 else 0 end) as plans,
        max(case when is_refused then 1 else 0 end) = 1 as is_refused
    from listed
    where service = 'backup'
),

rules as (
    select
        listed.resource_id,
        listed.region,
        min(coalesce({{ json_int('item.element', '$.Lifecycle.DeleteAfterDays') }}, 36500)) as kept_days
    from listed
    cross join lateral {{ json_each(json_value('listed.settings', '$.Rules')) }} as item
    where listed.item_kind = 'plan'
    group by listed.resource_id, listed.region
),

protected as (
    select distinct resource_id
    from listed
    where item_kind = 'protected'
),

stores as (
    select 'rds_in_backup_plan' as demand, database_id as store_id, region, error_code
    from {{ ref('stg_aws_data__db_instances') }}
    where _day = {{ as_of_day() }} and cluster_name is null
    union all
    select 'rds_in_backup_plan', database_id, region, error_code
    from {{ ref('stg_aws_data__db_clusters') }}
    where _day = {{ as_of_day() }}
    union all
    select 'dynamodb_in_backup_plan', database_id, region, error_code
    from {{ ref('stg_aws_data__dynamodb_tables') }}
    where _day = {{ as_of_day() }}
    union all
    select 'ebs_in_backup_plan', 'arn:aws:ec2:' || region || ':' || account_id || ':volume/' || volume_id, region, error_code
    from {{ ref('stg_aws_data__volumes') }}
    where _day = {{ as_of_day() }}
),

snapshots as (
    select 'arn:aws:ec2:' || region || '::snapshot/' || snapshot_id as resource_id, region, has_tags, error_code
    from {{ ref('stg_aws_backups__ebs_snapshots') }}
    where _day = {{ as_of_day() }}
    union all
    -- Automated snapshots of RDS come and go by themselves and take no tags of their own.
    select snapshot_id, region, has_tags, error_code
    from {{ ref('stg_aws_backups__rds_snapshots') }}
    where _day = {{ as_of_day() }} and (snapshot_type = 'manual' or error_code is not null)
),

population as (
    select
        'backup_plan_exists' as demand,
        'NO_PLAN' as code,
        'backup plans of ' || account_id as resource,
        'all regions' as region,
        coalesce(plans, 0) = 0 as is_violated,
        -- A region that was refused may hold the plan.
        coalesce(plans, 0) = 0 and coalesce(is_refused, true) as is_unknown
    from account

    union all

    select
        'backup_plan_min_retention',
        'PLAN_RETENTION_SHORT',
        resource_id,
        region,
        kept_days < {{ param('plan_retention_days') }},
        false
    from rules

    union all

    select
        'recovery_point_deletion_blocked',
        'VAULT_UNLOCKED',
        resource_id,
        region,
        not coalesce({{ json_bool('settings', '$.Locked') }}, false),
        false
    from listed
    where item_kind = 'vault' and {{ json_int('settings', '$.NumberOfRecoveryPoints') }} > 0

    union all

    select
        stores.demand,
        'NOT_IN_PLAN',
        coalesce(stores.store_id, stores.demand || ' of ' || stores.region),
        stores.region,
        protected.resource_id is null,
        stores.error_code is not null or refused.region is not null
    from stores
    left join protected on protected.resource_id = stores.store_id
    left join refused on refused.region = stores.region and refused.service = 'backup'
    where stores.store_id is not null or stores.error_code is not null

    union all

    select
        'efs_backup',
        'NO_BACKUP',
        coalesce(resource_id, 'efs of ' || region),
        region,
        coalesce({{ json_text('settings', '$.BackupPolicy') }}, 'DISABLED') not in ('ENABLED', 'ENABLING'),
        is_refused
    from listed
    where service = 'efs' and (resource_id is not null or is_refused)

    union all

    select
        'fsx_backup',
        'NO_BACKUP',
        coalesce(resource_id, 'fsx of ' || region),
        region,
        coalesce(
            {{ json_int('settings', '$.WindowsConfiguration.AutomaticBackupRetentionDays') }},
            {{ json_int('settings', '$.LustreConfiguration.AutomaticBackupRetentionDays') }},
            {{ json_int('settings', '$.OntapConfiguration.AutomaticBackupRetentionDays') }},
            {{ json_int('settings', '$.OpenZFSConfiguration.AutomaticBackupRetentionDays') }},
            0
        ) = 0,
        is_refused
    from listed
    where service = 'fsx' and (resource_id is not null or is_refused)

    union all

    select
        'snapshot_tags',
        'UNTAGGED',
        coalesce(resource_id, 'snapshots of ' || region),
        region,
        not has_tags,
        error_code is not null
    from snapshots
    where resource_id is not null or error_code is not null
),

judged as (
    select
        demand,
        resource,
        min(region) as region,
        min(code) as code,
        max(case when is_violated then 1 else 0 end) = 1 as is_violated,
        max(case when is_unknown then 1 else 0 end) = 1 as is_unknown
    from population
    group by demand, resource
),

coded as (
    select
        *,
        {{ codes([
            ('NO_PLAN', "code = 'NO_PLAN' and is_violated and not is_unknown"),
            ('PLAN_RETENTION_SHORT', "code = 'PLAN_RETENTION_SHORT' and is_violated and not is_unknown"),
            ('NO_BACKUP', "code = 'NO_BACKUP' and is_violated and not is_unknown"),
            ('VAULT_UNLOCKED', "code = 'VAULT_UNLOCKED' and is_violated and not is_unknown"),
            ('NOT_IN_PLAN', "code = 'NOT_IN_PLAN' and is_violated and not is_unknown"),
            ('UNTAGGED', "code = 'UNTAGGED' and is_violated and not is_unknown"),
        ]) }} as codes
    from judged
)

select
    demand || '|' || resource as entity_key,
    resource || ': ' || demand as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case
        when is_unknown then 'Could not be read.'
        when is_violated then 'Not as the demand asks.'
        else 'As the demand asks.'
    end as reason,
    region,
    resource,
    {{ demands([
        ('backup_plan_exists', "demand = 'backup_plan_exists'"),
        ('backup_plan_min_retention', "demand = 'backup_plan_min_retention'"),
        ('recovery_point_deletion_blocked', "demand = 'recovery_point_deletion_blocked'"),
        ('rds_in_backup_plan', "demand = 'rds_in_backup_plan'"),
        ('dynamodb_in_backup_plan', "demand = 'dynamodb_in_backup_plan'"),
        ('ebs_in_backup_plan', "demand = 'ebs_in_backup_plan'"),
        ('efs_backup', "demand = 'efs_backup'"),
        ('fsx_backup', "demand = 'fsx_backup'"),
        ('snapshot_tags', "demand = 'snapshot_tags'"),
    ]) }} as demands
from coded
