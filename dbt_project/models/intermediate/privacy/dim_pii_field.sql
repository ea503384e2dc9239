with scans as (
    {{ newest(ref('stg_privacy__catalog_scans')) }}
),

detected as (
    select
        store_ref,
        table_name,
        column_name as field_name,
        min(detected_type) as detected_type,
        max(sample_match_rate) as match_rate
    from scans
    where detected_type is not null
    group by store_ref, table_name, column_name
),

scanned as (
    select
        store_ref,
        max(scanned_at) as scanned_at
    from scans
    group by store_ref
),

inventory as (
    {{ newest(ref('stg_registers__pii_inventory')) }}
),

-- A store of personal data of which neither scan nor inventory names a field still has a row.
fields as (
    select store_ref, table_name, field_name from detected
    union
    select store_ref, table_name, field_name from inventory
    union
    select store_id, null, null from {{ ref('dim_data_store') }}
    where classification = 'pii'
        and store_id not in (select store_ref from detected)
        and store_id not in (select store_ref from inventory)
),

holds as (
    select
        store_ref,
        max(case when legal_hold then 1 else 0 end) = 1 as is_held
    from ({{ newest(ref('stg_registers__retention_rules')) }}) as rules
    group by store_ref
),

ages as (
    select *
    from ({{ newest(ref('stg_registers__data_ages')) }}) as registered
    qualify row_number() over (partition by store_ref order by measured_at desc) = 1
)

select
    fields.store_ref,
    fields.table_name,
    fields.field_name,
    coalesce(stores.name, fields.store_ref) as store_name,
    stores.owner_key,
    stores.classification,
    coalesce(copies.environment, stores.environment) as environment,
    detected.detected_type,
    detected.match_rate,
    scanned.scanned_at,
    inventory.store_ref is not null as is_in_inventory,
    inventory.purpose,
    inventory.max_age_days,
    inventory.approved_by,
    coalesce(holds.is_held, false) as is_held,
    ages.oldest_record_at,
    ages.measured_at
from fields
left join {{ ref('dim_data_store') }} as stores
    on fields.store_ref = stores.store_id
left join ({{ newest(ref('stg_registers__data_copies')) }}) as copies
    on fields.store_ref = copies.store_ref
left join detected
    on fields.store_ref = detected.store_ref
    and fields.table_name = detected.table_name
    and fields.field_name = detected.field_name
left join inventory
    on fields.store_ref = inventory.store_ref
    and fields.table_name = inventory.table_name
    and fields.field_name = inventory.field_name
left join scanned
    on fields.store_ref = scanned.store_ref
left join holds
    on fields.store_ref = holds.store_ref
left join ages
    on fields.store_ref = ages.store_ref
