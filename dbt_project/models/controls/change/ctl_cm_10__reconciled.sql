-- Both ways: every line of the register is a row, and so is every exception of the controls that tell a bypass.
with exceptions as (
    {%- for id, model in [
        ('CM-01', 'ctl_cm_01__commits_came_through_pull_requests'),
        ('CM-03', 'ctl_cm_03__merges_were_independently_approved'),
        ('CM-04', 'ctl_cm_04__required_checks_passed_before_merge'),
        ('CM-06', 'ctl_cm_06__staging_precedes_production'),
        ('CM-07', 'ctl_cm_07__staging_was_validated'),
        ('CM-08', 'ctl_cm_08__production_changed_by_pipeline'),
        ('CM-13', 'ctl_cm_13__history_and_rules_stand'),
    ] %}
    select '{{ id }} ' || entity_key as bypass from {{ ref(model) }} where result = 'exception'
        {%- if id in ('CM-06', 'CM-13') %} or {{ any_shared('codes', code_list(['EMERGENCY_WAIVER', 'EMERGENCY_DECLARED'])) }}{% endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

judged as (select * from {{ ref('ctl_cm_10__emergencies_are_documented') }}),

listed as (
    select distinct item.bypass
    from judged
    cross join {{ each_item('judged.bypasses') }} as item(bypass)
),

counted as (
    select count(distinct exceptions.bypass) as expected, count(distinct listed.bypass) as actual
    from exceptions
    left join listed on listed.bypass = exceptions.bypass
),

register as (
    select count(*) as lines from ({{ newest(ref('stg_registers__emergency_changes')) }}) as listed
)

{{ counts_agree('bypasses_accounted_for', 'change controls', 'counted.expected', 'counted.actual', 'exceptions of the controls that tell a bypass, against those that a row names') }}
from counted

union all

{{ counts_agree('declarations_judged', 'registers.emergency_changes', 'register.lines', '(select count(*) from judged where is_declared)', 'lines of the register, each a row') }}
from register

union all

-- Only stands here when it holds.
select
    'no_emergency',
    'change controls',
    0,
    0,
    true,
    'no control tells a bypass, no pull request calls itself a hotfix, and the register is empty'
from register
cross join counted
where register.lines = 0 and counted.expected = 0 and not exists (select 1 from judged)
