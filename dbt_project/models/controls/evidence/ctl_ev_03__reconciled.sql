select
    'numbers_without_a_gap' as check_name,
    'hash chain' as scope,
    cast(coalesce(max(seq), 0) as bigint) as expected,
    cast(count(distinct seq) as bigint) as actual,
    coalesce(max(seq), 0) = count(distinct seq) and count(*) = count(distinct seq) and coalesce(min(seq), 1) = 1 as passed,
    'entries numbered from 1 to the newest, each once' as detail
from {{ source('ledger', 'chain_verification') }}
