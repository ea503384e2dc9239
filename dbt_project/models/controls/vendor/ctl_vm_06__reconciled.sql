with counted as (
    select
        (
            select count(*) * 1
            from ({{ newest(ref('stg_registers__vendors')) }}) as register
            where status = 'active'
                and (offboarded_at is null or cast(offboarded_at as date) > {{ as_of_day() }})
                and tier = 'low'
        ) as expected,
        (select count(*) from {{ ref('ctl_vm_06__low_vendors_are_registered') }}) as actual
)

{{ counts_agree('a_row_for_each_low_vendor', 'registers.vendors', 'expected', 'actual', 'low vendors in use, against rows of the control') }}
from counted

union all

-- Only stands here when it holds: with such vendors there is nothing to prove. The tiers themselves are VM-02's.
select
    'no_low_vendor' as check_name,
    'registers.vendors' as scope,
    cast(0 as bigint) as expected,
    cast(0 as bigint) as actual,
    true as passed,
    'The register was read, and no vendor in use is low.' as detail
from counted
where expected = 0
    and exists (select 1 from ({{ newest(ref('stg_registers__vendors')) }}) as register)
