{{ counts_agree('stores_of_personal_data_have_a_row', 'dim_data_store', 'expected', 'actual', 'stores of personal data in production, against those with a row') }}
from (
    select
        (
            select count(*) from {{ ref('dim_data_store') }}
            where classification = 'pii' and coalesce(environment, 'production') not in ('staging', 'development')
        ) as expected,
        (
            select count(distinct stores.store_id)
            from {{ ref('dim_data_store') }} as stores
            inner join {{ ref('ctl_pr_03__personal_data_are_minimised') }} as judged
                on stores.store_id = judged.store_ref
            where stores.classification = 'pii' and coalesce(stores.environment, 'production') not in ('staging', 'development')
        ) as actual
) as counts

union all

{{ scan_read() }}

union all

-- Only stands here when it holds: with rows to judge there is nothing to prove.
select
    'no_store_of_personal_data' as check_name,
    'dim_data_store' as scope,
    cast(0 as bigint) as expected,
    cast(0 as bigint) as actual,
    true as passed,
    'Stores are classified, none holds personal data, and the scan found none.' as detail
from (select 1 as row_no) as one
where not exists (select 1 from {{ ref('dim_pii_field') }})
    and exists (select 1 from {{ ref('dim_data_store') }})
    and not exists (select 1 from {{ ref('dim_data_store') }} where classification is null or classification = 'pii')
