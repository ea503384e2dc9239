with counted as (
    select
        (
            select count(*) * 1
            from ({{ newest(ref('stg_registers__vendors')) }}) as register
            where status = 'active'
                and (offboarded_at is null or cast(offboarded_at as date) > {{ as_of_day() }})
                and tier = 'high'
        ) as expected,
        (select count(*) from {{ ref('fct_vendor_assessment_due') }} where tier = 'high') as actual
)

{{ counts_agree('a_row_for_each_high_vendor', 'registers.vendors', 'expected', 'actual', 'high vendors in use, a report each') }}
from counted

union all

-- Only stands here when it holds: with such vendors there is nothing to prove. The tiers themselves are VM-02's.
select
    'no_high_vendor' as check_name,
    'registers.vendors' as scope,
    cast(0 as bigint) as expected,
    cast(0 as bigint) as actual,
    true as passed,
    'The register was read, and no vendor in use is high.' as detail
from counted
where expected = 0
    and exists (select 1 from ({{ newest(ref('stg_registers__vendors')) }}) as register)
