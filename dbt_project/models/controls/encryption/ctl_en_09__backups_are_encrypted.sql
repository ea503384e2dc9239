with backups as (
    select
        *,
        coalesce(
            key_state in ('Disabled', 'PendingDeletion', 'PendingReplicaDeletion', 'PendingImport', 'Unavailable', 'NotFound'),
            false
        ) as is_key_unusable
    from {{ ref('dim_backup') }}
),

judged as (
    select
        *,
        {{ codes([
            ('BACKUP_NOT_ENCRYPTED', 'not is_encrypted'),
            ('PUBLIC_SNAPSHOT', 'is_public'),
            ('BACKUP_KEY_UNUSABLE', 'is_encrypted and is_key_unusable'),
        ]) }} as codes,
        is_encrypted is null
        or is_public is null
        or coalesce(key_state in ('Unread', 'Foreign'), false) as is_unknown
    from backups
)

select
    backup_id as entity_key,
    name as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_unknown', excluded='coalesce(is_deleting, false)') }} as result,
    case when is_deleting then {{ empty_codes() }} else codes end as codes,
    case
        when is_deleting then 'Being deleted.'
        when not {{ is_empty_list('codes') }} then {{ sentence_of([
            "case when not is_encrypted then 'The backup is not encrypted' end",
            "case when is_public then 'Everybody may restore it' end",
            "case when is_encrypted and is_key_unusable then 'Its key cannot be used (' || key_state || '), so it cannot be restored' end",
        ]) }} || '.'
        when is_encrypted is null then 'Whether it is encrypted is not said.'
        when is_public is null then 'Whether everybody may restore it could not be read.'
        when is_unknown then 'Encrypted, but the state of its key could not be read.'
        when kms_key_id is null then 'Encrypted under a key that AWS owns.'
        else 'Encrypted with a usable key.'
    end as reason,
    backup_id,
    source_id,
    kind as backup_type,
    vault_name,
    region,
    account_id,
    created_at,
    is_encrypted as encrypted,
    kms_key_id,
    key_state,
    is_public,
    {{ demands([
        ('rds_snapshot_encrypted', "kind in ('instance snapshot', 'cluster snapshot') and coalesce(engine, '') <> 'neptune'"),
        ('neptune_snapshot_encrypted', "kind = 'cluster snapshot' and engine = 'neptune'"),
        ('ebs_snapshot_encrypted', "kind = 'volume snapshot'"),
        ('backup_recovery_point_encrypted', "vault_name is not null"),
        ('rds_snapshot_public', "kind in ('instance snapshot', 'cluster snapshot')"),
        ('ebs_snapshot_public', "kind = 'volume snapshot'"),
    ]) }} as demands
from judged
