select
    'stores_of_personal_data_have_a_row' as check_name,
    'dim_data_store' as scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    expected = actual as passed,
    'stores of personal data in production, against those with a row' as detail
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

select
    'scan_read' as check_name,
    'privacy.catalog_scans' as scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    expected = actual as passed,
    'a scan with at least one store in it' as detail
from (
    select
        1 as expected,
        (select case when count(*) > 0 then 1 else 0 end from ({{ newest(ref('stg_privacy__catalog_scans')) }}) as newest_scan) as actual
) as counts

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
