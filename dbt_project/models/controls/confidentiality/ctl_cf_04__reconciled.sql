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

select
    'classified_stores_judged' as check_name,
    'CF-01' as scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    expected = actual as passed,
    'stores that CF-01 finds confidential or personal, each a row of the population' as detail
from classed

union all

select
    'customers_judged',
    'registers.customer_offboardings',
    cast(expected as bigint),
    cast(actual as bigint),
    expected = actual,
    'customers who left, each a row of the population'
from customers
