-- Lines of the register of data stores as of the day judged, the owner resolved to a person.
select
    stores.store_ref as store_id,
    stores.kind,
    lower(trim(stores.classification)) as classification,
    lower(trim(stores.environment)) as environment,
    stores.owner_id,
    stores.backup_required,
    stores.reviewed_on,
    people.person_key as owner_key
from ({{ newest(ref('stg_registers__data_stores')) }}) as stores
left join {{ ref('int_person_refs') }} as people on people.ref = stores.owner_id
where stores.store_ref is not null
qualify row_number() over (partition by stores.store_ref order by stores._seq) = 1
