with listed as (select count(distinct spell_id) as spells from {{ ref('ctl_ac_15__termination_checklists_are_complete') }}),

judged as (select count(distinct spell_id) as spells from {{ ref('ctl_ac_14__leavers_lose_access') }})

{{ counts_agree('spells_as_in_ac_14', 'ctl_ac_14__leavers_lose_access', 'judged.spells', 'listed.spells', 'ended employments and contracts that AC-14 lists against those listed here') }}
from judged
cross join listed

union all

-- The ends themselves are reconciled with their sources once, in AC-14; no_ends_in_window is there only when proven.
select
    check_name,
    scope,
    expected,
    actual,
    passed,
    detail
from {{ ref('ctl_ac_14__reconciled') }}
where check_name in ('report_ends_in_history', 'history_ends_are_spells', 'ended_spells_listed', 'no_ends_in_window')
