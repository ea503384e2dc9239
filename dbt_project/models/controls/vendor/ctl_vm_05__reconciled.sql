with counted as (
    select
        (
            select count(*) * 2
            from ({{ newest(ref('stg_registers__vendors')) }}) as register
            where status = 'active'
                and (offboarded_at is null or cast(offboarded_at as date) > {{ as_of_day() }})
                and tier = 'medium'
        ) as expected,
        (select count(*) from {{ ref('fct_vendor_assessment_due') }} where tier = 'medium') as actual
)

{{ counts_agree('two_rows_for_each_medium_vendor', 'registers.vendors', 'expected', 'actual', 'medium vendors in use, two kinds of assessment each') }}
from counted

union all

-- Only stands here when it holds: with such vendors there is nothing to prove. The tiers themselves are VM-02's.
select
    'no_medium_vendor' as check_name,
    'registers.vendors' as scope,
    cast(0 as bigint) as expected,
    cast(0 as bigint) as actual,
    true as passed,
    'The register was read, and no vendor in use is medium.' as detail
from counted
where expected = 0
    and exists (select 1 from ({{ newest(ref('stg_registers__vendors')) }}) as register)
