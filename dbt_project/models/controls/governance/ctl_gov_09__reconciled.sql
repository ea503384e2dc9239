with pairs as (
    select count(*) as pairs, count(distinct source_id) as tables from {{ source('meta', 'control_sources') }}
),

judged as (
    select
        coalesce(sum({{ list_count('control_ids') }}), 0) as pairs,
        count(source_id) as tables
    from {{ ref('ctl_gov_09__evidence_is_collected_by_machine') }}
)

select
    'pairs_of_the_catalogue' as check_name,
    'declarations of the controls' as scope,
    cast(pairs.pairs as bigint) as expected,
    cast(judged.pairs as bigint) as actual,
    pairs.pairs = judged.pairs and pairs.tables = judged.tables as passed,
    'pairs of control and table that the controls declare against those of the rows' as detail
from pairs
cross join judged
