-- Backups there are on the day judged. AWS Backup's points of databases and volumes are snapshots and carry their ARN:
-- such a backup is one row, with its vault.
with points as (
    select
        recovery_point_id as backup_id,
        min(vault_name) as vault_name,
        min(resource_id) as resource_id,
        min(resource_type) as resource_type,
        min(region) as region,
        min(account_id) as account_id,
        min(status) as status,
        min(created_at) as created_at,
        -- In several vaults, or said twice: not encrypted once is not encrypted.
        min(case when is_encrypted then 1 when not is_encrypted then 0 end) = 1 as is_encrypted,
        min(kms_key_ref) as kms_key_ref
    from {{ ref('stg_aws_backups__recovery_points') }}
    where _day = {{ as_of_day() }} and recovery_point_id is not null
    group by recovery_point_id
),

shared as (
    select
        snapshot_id,
        max(case when attribute_name = 'restore' and {{ includes('attribute_values', "'all'") }} then 1 else 0 end) = 1 as is_public,
        max(error_code) as error_code
    from {{ ref('stg_aws_backups__rds_snapshot_attributes') }}
    where _day = {{ as_of_day() }}
    group by snapshot_id
),

databases as (
    select
        snapshots.snapshot_id as backup_id,
        snapshots.kind || ' snapshot' as kind,
        snapshots.name,
        snapshots.engine,
        'arn:aws:rds:' || coalesce(snapshots.source_region, snapshots.region) || ':' || snapshots.account_id
            || case when snapshots.kind = 'cluster' then ':cluster:' else ':db:' end || snapshots.source_name as source_id,
        snapshots.region,
        snapshots.account_id,
        snapshots.snapshot_type,
        snapshots.status,
        snapshots.created_at,
        -- The older flag is false under a key that AWS owns; the type, where the API knows it, decides.
        case
            when snapshots.encryption_type is null then snapshots.is_encrypted
            when snapshots.encryption_type <> 'none' then true
            when not snapshots.is_encrypted then false
        end as is_encrypted,
        snapshots.kms_key_ref,
        -- AWS shares neither an automated nor an encrypted snapshot with everybody, so nobody was asked.
        case
            when snapshots.snapshot_type <> 'manual' or snapshots.is_encrypted then false
            when shared.error_code is null then shared.is_public
        end as is_public
    from {{ ref('stg_aws_backups__rds_snapshots') }} as snapshots
    left join shared on shared.snapshot_id = snapshots.snapshot_id
    where snapshots._day = {{ as_of_day() }} and snapshots.snapshot_id is not null
    qualify row_number() over (partition by snapshots.snapshot_id order by snapshots._seq) = 1
),

public_volumes as (
    select distinct region, snapshot_id, error_code
    from {{ ref('stg_aws_backups__ebs_public_snapshots') }}
    where _day = {{ as_of_day() }}
),

volumes as (
    select
        'arn:aws:ec2:' || snapshots.region || '::snapshot/' || snapshots.snapshot_id as backup_id,
        'volume snapshot' as kind,
        coalesce(nullif(snapshots.description, ''), snapshots.snapshot_id) as name,
        cast(null as varchar) as engine,
        'arn:aws:ec2:' || snapshots.region || ':' || snapshots.account_id || ':volume/' || snapshots.volume_id as source_id,
        snapshots.region,
        snapshots.account_id,
        cast(null as varchar) as snapshot_type,
        snapshots.state as status,
        snapshots.created_at,
        snapshots.is_encrypted,
        snapshots.kms_key_ref,
        case
            when snapshots.is_encrypted or found.snapshot_id is not null then snapshots.is_encrypted is not true
            when answered.region is not null then false
        end as is_public
    from {{ ref('stg_aws_backups__ebs_snapshots') }} as snapshots
    left join public_volumes as found
        on found.region = snapshots.region and found.snapshot_id = snapshots.snapshot_id
    left join (select distinct region from public_volumes where error_code is null) as answered
        on answered.region = snapshots.region
    where snapshots._day = {{ as_of_day() }} and snapshots.snapshot_id is not null
    qualify row_number() over (partition by snapshots.region, snapshots.snapshot_id order by snapshots._seq) = 1
),

snapshots as (
    select * from databases
    union all
    select * from volumes
),

backups as (
    select
        snapshots.backup_id,
        snapshots.kind,
        snapshots.name,
        snapshots.engine,
        coalesce(points.resource_id, snapshots.source_id) as source_id,
        snapshots.region,
        snapshots.account_id,
        snapshots.snapshot_type,
        snapshots.status,
        snapshots.created_at,
        snapshots.is_encrypted,
        snapshots.kms_key_ref,
        snapshots.is_public,
        points.vault_name
    from snapshots
    left join points on points.backup_id = snapshots.backup_id

    union all

    -- A point is nobody's to restore but through its vault.
    select
        points.backup_id,
        'recovery point',
        coalesce(points.resource_type, 'unknown') || ' ' || coalesce({{ last_part('points.resource_id') }}, ''),
        null,
        points.resource_id,
        points.region,
        points.account_id,
        'awsbackup',
        points.status,
        points.created_at,
        points.is_encrypted,
        points.kms_key_ref,
        false,
        points.vault_name
    from points
    left join snapshots on snapshots.backup_id = points.backup_id
    where snapshots.backup_id is null
)

select
    'aws' as provider,
    backups.backup_id,
    backups.kind,
    backups.name,
    backups.engine,
    backups.source_id,
    backups.region,
    backups.account_id,
    backups.snapshot_type,
    backups.vault_name,
    backups.status,
    lower(backups.status) in ('available', 'completed') as is_complete,
    lower(backups.status) = 'deleting' as is_deleting,
    backups.created_at,
    backups.is_encrypted,
    backups.kms_key_ref as kms_key_id,
    keys.key_arn,
    keys.key_state,
    backups.is_public
from backups
left join {{ ref('int_key_references_resolved') }} as keys
    on keys._day = {{ as_of_day() }} and keys.region = backups.region and keys.key_ref = backups.kms_key_ref
