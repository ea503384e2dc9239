with suppressions as (
    select rule_id, is_change_reviewed from {{ ref('dim_siem_rule') }}
),

limits as (
    select * from (values
        {%- for severity in ['critical', 'high', 'medium', 'low'] %}
        ('{{ severity }}', {{ param('ack_minutes_' ~ severity) }}, {{ param('close_days_' ~ severity) }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as listed (severity, ack_minutes, close_days)
),

stated as (
    select
        alerts.*,
        limits.severity is not null as has_limit,
        {{ plus_seconds('alerts.created_at', '60 * limits.ack_minutes') }} as acknowledge_until,
        {{ plus_days('alerts.created_at', 'limits.close_days') }} as close_until,
        -- What a rule closed by itself was looked at when that rule was.
        alerts.suppressed_by is not null as is_suppressed,
        coalesce(suppressions.is_change_reviewed, false) as is_suppression_reviewed,
        case
            when alerts.suppressed_by is null then least(alerts.acknowledged_at, alerts.closed_at)
            when suppressions.is_change_reviewed then alerts.closed_at
        end as triaged_at,
        case
            when alerts.suppressed_by is not null then case when suppressions.is_change_reviewed then alerts.closed_at end
            when alerts.disposition is not null then alerts.closed_at
        end as disposed_at
    from {{ ref('fct_alert') }} as alerts
    left join limits on limits.severity = alerts.severity
    left join suppressions on suppressions.rule_id = alerts.suppressed_by
),

judged as (
    select
        *,
        severity is null as is_unknown,
        is_test or (severity is not null and not has_limit) as is_excluded,
        {{ codes([
            ('NOT_TRIAGED', 'triaged_at > acknowledge_until or (triaged_at is null and acknowledge_until < ' ~ as_of() ~ ')'),
            ('NOT_CLOSED', 'disposed_at > close_until or (disposed_at is null and close_until < ' ~ as_of() ~ ')'),
            ('TRUE_POSITIVE_WITHOUT_INCIDENT', "disposition = 'true_positive' and severity in ('critical', 'high') and coalesce(trim(incident_id), '') = ''"),
        ]) }} as codes
    from stated
)

select
    alert_id as entity_key,
    alert_id || coalesce(' ' || title, '') as entity_name,
    person_key as owner_key,
    {{ row_result(
        unknown='is_unknown',
        pending='not is_unknown and ' ~ is_empty_list('codes') ~ ' and (triaged_at is null or disposed_at is null)',
        excluded='is_excluded'
    ) }} as result,
    codes,
    case
        when is_test then 'A test of the way of alerts, or a sample.'
        when is_excluded then 'Severity ' || severity || ' asks for no response.'
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'NOT_TRIAGED'") ~ " then 'Nobody took it on until ' || " ~ instant_text('acknowledge_until') ~ " end",
                "case when " ~ includes('codes', "'NOT_CLOSED'") ~ " then 'No disposition until ' || " ~ instant_text('close_until') ~ " end",
                "case when is_suppressed and not is_suppression_reviewed then 'the rule that closed it, ' || suppressed_by || ', was not reviewed' end",
                "case when is_archived then 'archived, which says nothing of what was found' end",
                "case when " ~ includes('codes', "'TRUE_POSITIVE_WITHOUT_INCIDENT'") ~ " then 'A true positive of severity ' || severity || ' without an incident' end",
            ]) }} || '.'
        when is_unknown then 'The alert does not say how severe it is.'
        when disposed_at is null then 'It may be closed until ' || {{ instant_text('close_until') }} || '.'
        when is_suppressed then 'Closed by the reviewed rule ' || suppressed_by || '.'
        else 'Taken on in time and closed as ' || disposition || '.'
    end as reason,
    alert_id,
    source_id,
    rule_id,
    severity,
    created_at,
    acknowledged_at,
    closed_at,
    disposition,
    incident_id
from judged
