-- Alerts of the SIEM, and findings of GuardDuty that nobody passed on to it. An alert is told again when something
-- becomes of it: its newest row counts.
with alerts as (
    select *
    from {{ ref('stg_siem__alerts') }}
    where alert_id is not null
    qualify row_number() over (partition by alert_id order by _day desc, _run_id desc, _seq desc) = 1
),

findings as (
    select *
    from {{ ref('stg_aws_guardduty__findings') }}
    where finding_id is not null
    qualify row_number() over (partition by finding_id order by _day desc, _run_id desc, _seq desc) = 1
),

told as (
    select
        alert_id,
        'siem' as source_id,
        rule_id,
        title,
        lower(severity) as severity,
        created_at,
        lower(trim(entity)) as entity,
        notified_at,
        notified_to,
        assignee,
        acknowledged_at,
        closed_at,
        closed_by,
        lower(disposition) as disposition,
        notes,
        incident_id,
        suppressed_by,
        finding_id,
        coalesce(is_test, false) as is_test,
        false as is_archived
    from alerts

    union all

    select
        findings.finding_id,
        'guardduty',
        findings.finding_type,
        findings.title,
        case
            when findings.severity_score >= 9 then 'critical'
            when findings.severity_score >= 7 then 'high'
            when findings.severity_score >= 4 then 'medium'
            when findings.severity_score is not null then 'low'
        end,
        findings.created_at,
        null, null, null, null, null, null, null, null, null, null, null,
        findings.finding_id,
        findings.is_sample,
        coalesce(findings.is_archived, false)
    from findings
    left join alerts on alerts.finding_id = findings.finding_id
    where alerts.alert_id is null
)

select
    told.*,
    people.person_key,
    coalesce(people.is_service, false) as is_service,
    coalesce(people.person_key, 'login ' || told.entity) as user_key,
    closers.person_key as closed_by_key
from told
cross join {{ ref('dim_engagement') }} as engagement
left join {{ ref('int_logins_resolved') }} as people on people.login = told.entity
left join {{ ref('int_logins_resolved') }} as closers on closers.login = lower(told.closed_by)
where told.created_at <= {{ as_of() }} and told.created_at >= cast(engagement.window_start as timestamp)
