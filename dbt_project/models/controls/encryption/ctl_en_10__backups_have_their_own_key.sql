-- A key is one key under whatever name: replicas of a multi-Region key share its id, and what AWS manages or owns is AWS's.
with keys as (
    select key_arn, key_identity, manager
    from {{ ref('dim_key') }}
    where valid_to is null
),

stores as (
    select *
    from {{ ref('dim_data_store') }}
    where environment = 'production' and coalesce(backup_required, true)
),

protected as (
    select
        database_id as store_id,
        kind as store_kind,
        kms_key_id,
        key_arn,
        key_state,
        case when encryption_type is not null then encryption_type <> 'none' else is_storage_encrypted end as is_encrypted
    from {{ ref('dim_database') }}
    where valid_to is null
    union all
    select store_id, 'bucket', kms_key_id, key_arn, key_state, algorithm is not null
    from {{ ref('dim_bucket') }}
    where valid_to is null
),

sources as (
    select
        stores.*,
        protected.store_kind,
        protected.is_encrypted,
        protected.kms_key_id as source_key,
        protected.key_state as source_key_state,
        case
            when keys.manager = 'AWS' or (protected.kms_key_id is null and protected.is_encrypted) then 'aws'
            else coalesce(keys.key_identity, {{ last_part('coalesce(protected.key_arn, protected.kms_key_id)') }})
        end as source_identity
    from stores
    left join protected on protected.store_id = stores.store_id
    left join keys on keys.key_arn = coalesce(protected.key_arn, protected.kms_key_id)
),

-- Copies that could be restored now.
copies as (
    select
        backups.*,
        case
            when keys.manager = 'AWS' or (backups.kms_key_id is null and backups.is_encrypted) then 'aws'
            else coalesce(keys.key_identity, {{ last_part('coalesce(backups.key_arn, backups.kms_key_id)') }})
        end as identity,
        coalesce(backups.key_state, 'Enabled') as state
    from {{ ref('dim_backup') }} as backups
    left join keys on keys.key_arn = coalesce(backups.key_arn, backups.kms_key_id)
),

paired as (
    select
        sources.store_id,
        copies.backup_id,
        copies.kms_key_id,
        copies.created_at,
        case
            when not copies.is_complete or not copies.is_encrypted then false
            when copies.created_at < {{ plus_days(as_of(), '-' ~ param('max_copy_age_days')) }} then false
            when copies.state not in ('Enabled', 'Unread', 'Foreign') then false
            when {{ param('separate_account_counts') }} and copies.account_id <> sources.account_id then true
            when copies.identity = sources.source_identity then false
            -- Which of two keys AWS manages cannot be told from keys that were not read.
            when copies.state = 'Unread' or sources.source_key_state = 'Unread' then null
            when copies.is_encrypted and copies.is_complete and copies.created_at is not null then copies.identity <> sources.source_identity
        end as is_separate
    from sources
    inner join copies on copies.source_id = sources.store_id
),

newest as (
    select
        *,
        sum(case when is_separate then 1 else 0 end) over (partition by store_id) as separate,
        sum(case when is_separate is null then 1 else 0 end) over (partition by store_id) as undecided
    from paired
    qualify row_number() over (
        partition by store_id
        order by case when is_separate then 0 when is_separate is null then 1 else 2 end, created_at desc, backup_id
    ) = 1
),

-- A list that was refused proves no absence.
refused as (
    select count(*) as lists
    from (
        select error_code from {{ ref('stg_aws_backups__rds_snapshots') }} where _day = {{ as_of_day() }}
        union all
        select error_code from {{ ref('stg_aws_backups__vaults') }} where _day = {{ as_of_day() }}
        union all
        select error_code from {{ ref('stg_aws_backups__recovery_points') }} where _day = {{ as_of_day() }}
    ) as answers
    where error_code is not null
),

-- Every backup of an RDS database is read. DynamoDB keeps some of its own, always under the key of the table.
judged as (
    select
        sources.*,
        newest.backup_id,
        newest.kms_key_id as backup_key,
        newest.created_at as backup_created_at,
        coalesce(newest.separate, 0) > 0 as has_separate,
        refused.lists > 0 as is_refused,
        {{ codes([
            ('NO_SEPARATE_KEY_COPY',
                "sources.backup_required and sources.is_discovered and sources.is_encrypted and refused.lists = 0"
                ~ " and sources.store_kind in ('instance', 'cluster', 'table')"
                ~ " and ((newest.separate = 0 and newest.undecided = 0) or (newest.store_id is null and sources.store_kind = 'table'))"),
            ('NO_BACKUP',
                "sources.backup_required and sources.is_discovered and newest.store_id is null and refused.lists = 0"
                ~ " and sources.store_kind in ('instance', 'cluster')"),
        ]) }} as codes
    from sources
    cross join refused
    left join newest on newest.store_id = sources.store_id
)

select
    store_id as entity_key,
    name as entity_name,
    owner_key,
    {{ row_result(unknown='backup_required is null or not is_discovered or not coalesce(is_encrypted, false) or not has_separate') }} as result,
    codes,
    case
        when {{ includes('codes', "'NO_BACKUP'") }} then 'There is no backup.'
        when not {{ is_empty_list('codes') }}
            then 'No encrypted copy of the last {{ param_value("max_copy_age_days") }} days can be restored under another key than the store''s own.'
        when backup_required is null then 'The register does not say whether a backup is required.'
        when not is_discovered then 'No provider lists the store.'
        when is_encrypted is null then 'How the store is encrypted could not be read.'
        when not is_encrypted then 'The store is not encrypted, which EN-04 reports; there is no key to be separate from.'
        when has_separate then 'A copy of ' || {{ instant_text('backup_created_at') }} || ' is under a key of its own.'
        when is_refused then 'Some backups could not be listed (access denied), and none of the others is under a key of its own.'
        when store_kind not in ('instance', 'cluster', 'table')
            then 'None of the recovery points is under a key of its own; other copies of this kind of store are not read.'
        else 'Which keys protect the copies could not be read.'
    end as reason,
    store_id,
    source_key,
    backup_id,
    backup_key,
    backup_created_at
from judged
