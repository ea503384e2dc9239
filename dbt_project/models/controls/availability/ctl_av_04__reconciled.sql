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

select
    'critical_stores_judged' as check_name,
    'registers.slas' as scope,
    cast(named as bigint) as expected,
    cast(judged as bigint) as actual,
    named = judged and named > 0 as passed,
    'stores that a service cannot live without, each a row of the population' as detail
from counted

union all

select
    'critical_stores_known',
    'dim_data_store',
    cast(named as bigint),
    cast(known as bigint),
    named = known,
    'those stores, each one that a provider lists or the register of data stores names'
from counted
