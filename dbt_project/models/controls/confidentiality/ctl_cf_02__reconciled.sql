select
    'classified_stores_judged' as check_name,
    'CF-01' as scope,
    cast(count(*) as bigint) as expected,
    cast(count(judged.entity_key) as bigint) as actual,
    -- No such store is a proof of none where CF-01 found stores at all.
    count(*) = count(judged.entity_key) and (select count(*) from {{ ref('ctl_cf_01__data_stores_are_classified') }}) > 0 as passed,
    'stores that CF-01 finds confidential or personal, each a row of the population' as detail
from {{ ref('ctl_cf_01__data_stores_are_classified') }} as stores
left join {{ ref('ctl_cf_02__confidential_data_do_not_leak') }} as judged on judged.entity_key = stores.entity_key
where stores.classification in ('confidential', 'pii')
