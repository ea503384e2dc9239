with classed as (
    select count(*) as expected, count(judged.entity_key) as actual
    from {{ ref('ctl_cf_01__data_stores_are_classified') }} as stores
    left join {{ ref('ctl_cf_04__data_are_disposed_of') }} as judged on judged.entity_key = stores.entity_key
    where stores.classification in ('confidential', 'pii')
),

customers as (
    select
        count(distinct customer_id) as expected,
        (select count(*) from {{ ref('ctl_cf_04__data_are_disposed_of') }} where kind = 'customer') as actual
    from ({{ newest(ref('stg_registers__customer_offboardings')) }}) as registered
    where ended_at <= {{ as_of() }}
)

{{ counts_agree('classified_stores_judged', 'CF-01', 'expected', 'actual', 'stores that CF-01 finds confidential or personal, each a row of the population') }}
from classed

union all

{{ counts_agree('customers_judged', 'registers.customer_offboardings', 'expected', 'actual', 'customers who left, each a row of the population') }}
from customers
