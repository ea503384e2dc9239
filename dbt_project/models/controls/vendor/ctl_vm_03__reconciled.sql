with counted as (
    select
        2 * count(*) as expected,
        (select count(*) from {{ ref('fct_vendor_assessment_due') }} where tier = 'critical') as actual
    from ({{ newest(ref('stg_registers__vendors')) }}) as register
    where
        tier = 'critical'
        and status = 'active'
        and (offboarded_at is null or cast(offboarded_at as date) > {{ as_of_day() }})
)

{{ counts_agree('two_rows_for_each_critical_vendor', 'registers.vendors', 'expected', 'actual', 'critical vendors in use, two kinds of assessment each') }}
from counted
