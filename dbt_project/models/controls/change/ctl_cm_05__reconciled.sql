-- Three types, three rows: no merged pull request is without one.
with merged as (
    select count(*) as pulls from {{ ref('fct_pull_request') }} where is_production_change
),

types as (
    select count(distinct test_type) as types, count(*) as judged
    from {{ ref('ctl_cm_05__every_type_of_test_ran') }}
)

{{ counts_agree('a_row_for_each_type', 'organisation', 'merged.pulls * types.types', 'types.judged', 'Pull requests merged into production branches times types of test, against the rows judged.') }}
from merged
cross join types

union all

select check_name, scope, expected, actual, passed, detail
from {{ ref('ctl_cm_04__reconciled') }}
where check_name = 'no_merged_pull_requests'
