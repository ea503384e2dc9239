with critical as (
    select count(*) as vendors
    from ({{ newest(ref('stg_registers__vendors')) }}) as register
    where
        tier = 'critical'
        and status = 'active'
        and (offboarded_at is null or cast(offboarded_at as date) > {{ as_of_day() }})
)

select
    'two_rows_for_each_critical_vendor' as check_name,
    'registers.vendors' as scope,
    cast(2 * critical.vendors as bigint) as expected,
    cast((select count(*) from {{ ref('fct_vendor_assessment_due') }} where tier = 'critical') as bigint) as actual,
    2 * critical.vendors = (select count(*) from {{ ref('fct_vendor_assessment_due') }} where tier = 'critical') as passed,
    'critical vendors in use, two kinds of assessment each' as detail
from critical
