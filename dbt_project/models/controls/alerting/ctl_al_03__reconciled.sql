{%- set control = 'ctl_al_03__failed_login_alerts_are_answered' -%}
with told as (
    select coalesce(sum(alerts), 0) as alerts
    from ({{ newest(ref('stg_siem__alert_counts')) }}) as totals
    where rule_id = '{{ parameter_of(control, "rule_id") }}'
),

tests as (
    select count(*) as alerts
    from {{ ref('fct_alert') }}
    where rule_id = '{{ parameter_of(control, "rule_id") }}' and source_id = 'siem' and is_test
)

select
    'alerts_judged' as check_name,
    'siem.alerts' as scope,
    cast(told.alerts - tests.alerts as bigint) as expected,
    (select count(*) from {{ ref(control) }}) as actual,
    told.alerts - tests.alerts = (select count(*) from {{ ref(control) }}) as passed,
    'alerts of the rule that the SIEM counts, tests aside, against rows' as detail
from told
cross join tests

union all

-- Only stands here when it holds.
select
    'no_burst_and_no_alert',
    'siem.alerts',
    0,
    0,
    true,
    'no burst was recomputed and the SIEM counts no alert of the rule'
from told
where told.alerts = 0 and not exists (select 1 from {{ ref('fct_failed_login_burst') }})
