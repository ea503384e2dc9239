with register as (
    select
        count(*) as engagements,
        count(case when report_type = 'type_2' then 1 end) as of_type_2,
        count(case when report_type is null then 1 end) as of_no_type
    from ({{ newest(ref('stg_registers__engagement')) }}) as register
),

judged as (
    select count(*) as rows from {{ ref('ctl_gov_03__window_is_valid_and_contiguous') }}
)

{{ counts_agree('type_2_engagements', 'registers.engagement', 'register.of_type_2', 'judged.rows', 'Type II engagements of the register against rows') }}
from register
cross join judged

union all

-- Only said when it holds.
select
    'no_type_2_engagement',
    'registers.engagement',
    0,
    register.of_type_2,
    true,
    'engagements are registered, each with its type, and none is of Type II'
from register
where engagements > 0 and of_type_2 = 0 and of_no_type = 0
