{{ counts_agree('copies_have_a_row', 'registers.data_copies', 'expected', 'actual', 'registered copies outside production of personal data or of a store that nobody classified, against those with a row') }}
from (
    select
        (
            select count(distinct copies.store_ref)
            from ({{ newest(ref('stg_registers__data_copies')) }}) as copies
            left join {{ ref('dim_data_store') }} as originals
                on copies.source_ref = originals.store_id
            where copies.environment <> 'production' and coalesce(originals.classification, 'unknown') in ('pii', 'unknown')
        ) as expected,
        (
            select count(distinct copies.store_ref)
            from ({{ newest(ref('stg_registers__data_copies')) }}) as copies
            inner join {{ ref('ctl_pr_04__copies_are_anonymous') }} as judged
                on copies.store_ref = judged.store_ref
        ) as actual
) as counts

union all

{{ scan_read() }}

union all

-- Only stands here when it holds: with rows to judge there is nothing to prove.
select
    'no_copy_of_personal_data' as check_name,
    'registers.data_copies' as scope,
    cast(0 as bigint) as expected,
    cast(0 as bigint) as actual,
    true as passed,
    'The registers were read, and no store outside production comes from personal data.' as detail
from (select 1 as row_no) as one
where not exists (select 1 from {{ ref('ctl_pr_04__copies_are_anonymous') }})
    and exists (
        select 1 from {{ source('meta', 'selected_runs') }}
        where source_id = 'registers.data_copies' and status = 'complete'
    )
