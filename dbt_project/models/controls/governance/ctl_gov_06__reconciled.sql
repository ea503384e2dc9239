select
    'engagements_of_the_register' as check_name,
    'registers.engagement' as scope,
    (select count(*) from ({{ newest(ref('stg_registers__engagement')) }}) as register) as expected,
    (select count(*) from {{ ref('ctl_gov_06__auditor_is_engaged') }}) as actual,
    (select count(*) from ({{ newest(ref('stg_registers__engagement')) }}) as register)
        = (select count(*) from {{ ref('ctl_gov_06__auditor_is_engaged') }}) as passed,
    'rows of the register against rows' as detail
