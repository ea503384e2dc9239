with enabled as (
    select region
    from {{ ref('stg_aws_data__regions') }}
    where _day = {{ as_of_day() }} and is_enabled
),

answers as (
    select 'rds_snapshots ' || kind as source_table, region, snapshot_id as backup_id, error_code
    from {{ ref('stg_aws_backups__rds_snapshots') }}
    where _day = {{ as_of_day() }}
    union all
    select
        'ebs_snapshots',
        region,
        'arn:aws:ec2:' || region || '::snapshot/' || snapshot_id,
        error_code
    from {{ ref('stg_aws_backups__ebs_snapshots') }}
    where _day = {{ as_of_day() }}
    union all
    select 'vaults', region, null, error_code
    from {{ ref('stg_aws_backups__vaults') }}
    where _day = {{ as_of_day() }}
    union all
    select 'recovery_points', region, recovery_point_id, error_code
    from {{ ref('stg_aws_backups__recovery_points') }}
    where _day = {{ as_of_day() }}
),

points as (
    select region, vault_name, count(distinct recovery_point_id) as listed
    from {{ ref('stg_aws_backups__recovery_points') }}
    where _day = {{ as_of_day() }}
    group by region, vault_name
),

checks as (
    select
        'regions_read' as check_name,
        asked.source_table as scope,
        (select count(*) from enabled) as expected,
        count(distinct answers.region) as actual,
        'enabled regions that answered' as detail
    from (
        select 'rds_snapshots instance' as source_table
        union all
        select 'rds_snapshots cluster'
        union all
        select 'ebs_snapshots'
        union all
        -- Whoever does not use AWS Backup has no lists of vaults, and needs none.
        select distinct source_table from answers where source_table = 'vaults'
    ) as asked
    left join answers
        on answers.source_table = asked.source_table
        and answers.error_code is null
        and answers.region in (select region from enabled)
    group by asked.source_table

    union all

    select
        'backups_judged',
        'aws_backups',
        (select count(distinct backup_id) from answers),
        (select count(*) from {{ ref('ctl_en_09__backups_are_encrypted') }}),
        'snapshots and recovery points the provider lists, each a row of the population'

    union all

    select
        'recovery_points_counted',
        'aws_backups.recovery_points',
        coalesce(sum(vaults.recovery_point_count), 0),
        coalesce(sum(points.listed), 0),
        'recovery points as their vaults count them, each listed'
    from {{ ref('stg_aws_backups__vaults') }} as vaults
    left join points on points.region = vaults.region and points.vault_name = vaults.vault_name
    where vaults._day = {{ as_of_day() }} and vaults.vault_name is not null
)

{{ checks_agree('checks', also="(check_name <> 'regions_read' or expected > 0)") }}
