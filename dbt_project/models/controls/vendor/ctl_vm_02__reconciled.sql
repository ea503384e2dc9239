with counted as (
    select
        (
            select count(*) * 1
            from ({{ newest(ref('stg_registers__vendors')) }}) as register
            where status = 'active'
                and (offboarded_at is null or cast(offboarded_at as date) > {{ as_of_day() }})
        ) as expected,
        (select count(*) from {{ ref('ctl_vm_02__vendors_are_in_the_right_tier') }}) as actual
)

{{ counts_agree('vendors_in_use_judged', 'registers.vendors', 'expected', 'actual', 'vendors of the register that are in use, against rows of the control') }}
from counted
