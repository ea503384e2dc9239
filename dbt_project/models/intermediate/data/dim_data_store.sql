-- What is stored where: what the providers list and what the register says, one row a store. `kind` is the provider's
-- where it lists the store, else the register's.
with discovered as (
    select store_id, bucket_name as name, 'bucket' as kind, region, account_id, created_at, tagged_class
    from {{ ref('dim_bucket') }}
    where valid_to is null
    union all
    select database_id, name, 'database', region, account_id, created_at, tagged_class
    from {{ ref('dim_database') }}
    where valid_to is null and role <> 'member'
)

select
    coalesce(discovered.store_id, registered.store_id) as store_id,
    coalesce(discovered.name, {{ last_part('registered.store_id') }}) as name,
    coalesce(discovered.kind, registered.kind) as kind,
    coalesce(registered.classification, discovered.tagged_class) as classification,
    registered.environment,
    registered.owner_key,
    registered.backup_required,
    discovered.region,
    discovered.account_id,
    discovered.created_at,
    discovered.store_id is not null as is_discovered,
    registered.store_id is not null as is_registered
from discovered
full outer join {{ ref('int_data_stores_registered') }} as registered
    on registered.store_id = discovered.store_id
