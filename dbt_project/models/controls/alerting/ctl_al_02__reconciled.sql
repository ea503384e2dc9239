{%- set control = 'ctl_al_02__failed_logins_raise_alerts' -%}
-- The newest day alone: earlier nights compared theirs, and nobody counts a year of events every night.
with landed as (
    select distinct event_id
    from {{ ref('stg_okta__system_log') }}
    where _day = {{ as_of_day() }}
        and event_id is not null
        and (
            (event_type = 'user.session.start' and outcome = 'FAILURE')
            or (event_type = 'user.authentication.auth_via_mfa' and outcome in ('FAILURE', 'DENY'))
        )
    union
    select event_id
    from {{ ref('stg_aws_trail__events') }}
    where _day = {{ as_of_day() }}
        and event_name = 'ConsoleLogin'
        and coalesce({{ json_text('record', '$.responseElements.ConsoleLogin') }}, 'Failure') <> 'Success'
),

counted as (
    select count(*) as expected, count(kept.event_id) as actual
    from landed
    left join {{ ref('int_sign_ins_failed') }} as kept on kept.event_id = landed.event_id
),

alerts as (
    select * from {{ ref('fct_alert') }} where rule_id = '{{ parameter_of(control, "rule_id") }}' and source_id = 'siem'
),

told as (
    select coalesce(sum(alerts), 0) as alerts
    from ({{ newest(ref('stg_siem__alert_counts')) }}) as totals
    where rule_id = '{{ parameter_of(control, "rule_id") }}'
)

{{ counts_agree('failed_events_counted', 'okta.system_log, aws_trail.events', 'counted.expected', 'counted.actual', 'failed sign-ins landed on the day judged against those that are kept') }}
from counted

union all

{{ counts_agree('alerts_exported', 'siem.alerts', 'told.alerts', '(select count(*) from alerts)', 'alerts of the rule that the SIEM counts against those exported') }}
from told

union all

-- Only stands here when it holds; that the logs were whole is LG-01's.
select
    'no_burst',
    'okta.system_log, aws_trail.events',
    0,
    0,
    true,
    'no burst was recomputed and the SIEM counts no alert of the rule'
from told
where told.alerts = 0 and not exists (select 1 from {{ ref('fct_failed_login_burst') }})
