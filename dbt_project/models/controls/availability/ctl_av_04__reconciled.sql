with named as (
    select distinct item.store_id
    from ({{ newest(ref('stg_registers__slas')) }}) as slas
    cross join {{ each_item('slas.critical_stores') }} as item(store_id)
    where item.store_id <> ''
),

counted as (
    select count(*) as named, count(judged.entity_key) as judged, count(stores.store_id) as known
    from named
    left join {{ ref('ctl_av_04__restores_are_tested') }} as judged on judged.entity_key = named.store_id
    left join {{ ref('dim_data_store') }} as stores on stores.store_id = named.store_id
)

{{ counts_agree('critical_stores_judged', 'registers.slas', 'named', 'judged', 'stores that a service cannot live without, each a row of the population', some=true) }}
from counted

union all

{{ counts_agree('critical_stores_known', 'dim_data_store', 'named', 'known', 'those stores, each one that a provider lists or the register of data stores names') }}
from counted
