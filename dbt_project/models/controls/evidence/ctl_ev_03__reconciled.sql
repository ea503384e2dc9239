with entries as (
    select
        count(*) as entries,
        count(distinct seq) as numbers,
        coalesce(max(seq), 0) as newest,
        coalesce(min(seq), 1) as oldest
    from {{ source('ledger', 'chain_verification') }}
),

judged as (
    select coalesce(sum(entry_count), 0) as entries
    from {{ ref('ctl_ev_03__evidence_is_unaltered') }}
),

checks as (
    select
        'numbers_without_a_gap' as check_name,
        'hash chain' as scope,
        newest as expected,
        numbers as actual,
        newest = numbers and entries = numbers and oldest = 1 as passed,
        'entries numbered from 1 to the newest, each once' as detail
    from entries

    union all

    select
        'every_entry_has_a_row',
        'hash chain',
        entries.entries,
        judged.entries,
        entries.entries = judged.entries,
        'entries of the chain against entries in rows of their own and in rows of days'
    from entries
    cross join judged
)

select
    check_name,
    scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    passed,
    detail
from checks
