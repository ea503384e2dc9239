with databases as (
    select
        *,
        kind in ('cache', 'warehouse') as is_cache_or_warehouse,
        kind in ('instance', 'cluster') as is_rds,
        coalesce(lower(status), '') = 'deleting' as is_deleting,
        role = 'member' as is_member
    from {{ ref('dim_database') }}
    where valid_to is null
),

compared as (
    select
        *,
        -- The older flag is false under a key that AWS owns; the type, where the API knows it, decides.
        case
            when is_rds and encryption_type is not null and is_storage_encrypted and encryption_type = 'none' then null
            when is_rds and encryption_type is not null and encryption_type <> 'none'
                then case when {{ includes(param('accepted_types'), 'encryption_type') }} then true end
            else is_storage_encrypted
        end as is_encrypted,
        coalesce(
            key_state in ('Disabled', 'PendingDeletion', 'PendingReplicaDeletion', 'PendingImport', 'Unavailable', 'NotFound'),
            false
        ) as is_key_unusable,
        coalesce(key_state in ('Unread', 'Foreign'), false)
        or coalesce(encryption_type = 'sse-kms' and kms_key_id is null, false) as is_key_unknown
    from databases
),

judged as (
    select
        *,
        {{ codes([
            ('NOT_ENCRYPTED', 'not is_cache_or_warehouse and not is_encrypted'),
            ('KEY_UNUSABLE', 'is_key_unusable'),
            ('CACHE_NOT_ENCRYPTED', 'is_cache_or_warehouse and not is_encrypted'),
        ]) }} as codes,
        is_encrypted is null or is_key_unknown as is_unknown,
        is_deleting or is_member as is_excluded
    from compared
)

select
    provider || '|' || database_id as entity_key,
    name as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_excluded') }} as result,
    case when is_excluded then {{ empty_codes() }} else codes end as codes,
    case
        when is_member then 'Storage and its encryption belong to the cluster ' || coalesce({{ last_part('cluster_id') }}, '') || '.'
        when is_deleting then 'Being deleted.'
        when not is_encrypted then 'Storage is not encrypted at rest.'
        when is_key_unusable
            then 'Encrypted with a key that cannot be used: '
                || case key_state when 'NotFound' then 'it does not exist' else 'its state is ' || key_state end || '.'
        when is_encrypted is null
            then 'The encryption state is missing or contradictory: flag '
                || coalesce(cast(is_storage_encrypted as varchar), 'absent') || ', type '
                || coalesce(encryption_type, 'absent') || '.'
        when is_key_unknown then 'Encrypted, but the state of its key could not be read.'
        when {{ includes(param('require_cmk_for'), 'classification') }} and kms_key_id is null
            then 'Encrypted ({{ param_value("algorithm") }}) under a key that AWS owns; for data of class ' || classification
                || ' CF-03 asks for a key of our own.'
        else 'Encrypted ({{ param_value("algorithm") }}) ' || case
            when kms_key_id is null then 'under a key that AWS owns.'
            else 'with a usable key.'
        end
    end as reason,
    database_id,
    engine,
    region,
    account_id,
    coalesce(encryption_type, case when is_storage_encrypted then 'encrypted' when not is_storage_encrypted then 'none' end)
        as encryption_type,
    kms_key_id,
    key_state,
    {{ demands([
        ('rds_instance_encrypted', "kind = 'instance'"),
        ('rds_cluster_encrypted', "kind = 'cluster'"),
        ('elasticache_encrypted', "kind = 'cache'"),
        ('redshift_encrypted', "kind = 'warehouse'"),
    ]) }} as demands
from judged
