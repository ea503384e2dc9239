with told as (
    select rule_id, sum(alerts) as alerts
    from ({{ newest(ref('stg_siem__alert_counts')) }}) as totals
    group by rule_id
),

alerts as (
    select rule_id, count(*) as alerts
    from {{ ref('fct_alert') }}
    where source_id = 'siem'
    group by rule_id
),

compared as (
    select coalesce(told.rule_id, alerts.rule_id) as rule_id, coalesce(told.alerts, 0) = coalesce(alerts.alerts, 0) as agrees
    from told
    full outer join alerts on alerts.rule_id = told.rule_id
),

judged as (
    select count(*) as expected, count(rows_of.entity_key) as actual
    from {{ ref('fct_alert') }} as alerts
    left join {{ ref('ctl_al_06__alerts_have_a_response') }} as rows_of on rows_of.entity_key = alerts.alert_id
),

-- Of the newest extract, refusals.
regions as (
    select count(distinct region) as refused
    from {{ ref('stg_aws_guardduty__findings') }}
    where error_code is not null and _day = {{ as_of_day() }}
),

heartbeats as (
    select count(*) as alerts from {{ ref('fct_alert') }} where source_id = 'siem' and is_test
)

{{ counts_agree('alerts_agree_by_rule', 'siem.alerts', 'count(*)', 'coalesce(sum(case when agrees then 1 else 0 end), 0)', 'rules with alerts against those of which the SIEM counts as many as it exported') }}
from compared

union all

select 'alerts_judged', 'siem.alerts, aws_guardduty.findings', expected, actual, expected = actual, 'alerts and findings of the window against rows'
from judged

union all

select 'regions_told_their_findings', 'aws_guardduty.findings', 0, refused, refused = 0, 'regions that refused to answer'
from regions

union all

-- Only stands here when it holds.
select 'no_alerts', 'siem.alerts', 0, 0, true, 'a test alert of the window came through, and there was no other alert'
from heartbeats
where heartbeats.alerts > 0 and not exists (select 1 from {{ ref('fct_alert') }} where not is_test)
