with episodes as (
    select
        bursts.*,
        user_key || '|' || {{ instant_key('episode_start') }} as episode_key,
        {{ plus_seconds('triggered_at', '60 * ' ~ param('alert_latency_minutes')) }} as alert_until
    from {{ ref('fct_pii_burst') }} as bursts
),

alerts as (
    select * from {{ ref('fct_alert') }} where rule_id = {{ param('rule_id') }} and not is_test
),

assigned as (
    select alerts.*, episodes.episode_key
    from alerts
    inner join episodes
        on (episodes.user_key = alerts.user_key or episodes.account = alerts.entity)
        and episodes.episode_start <= alerts.created_at
        and {{ plus_hours('episodes.episode_end', param('late_alert_hours')) }} >= alerts.created_at
    qualify row_number() over (partition by alerts.alert_id order by episodes.episode_start desc) = 1
),

first_alerts as (
    select *
    from assigned
    qualify row_number() over (partition by episode_key order by created_at, alert_id) = 1
),

business_days as (select * from {{ ref('dim_business_day') }} where is_business),

stated as (
    select
        episodes.*,
        people.display_name,
        alerts.alert_id,
        alerts.created_at as alert_at,
        alerts.severity,
        alerts.closed_at,
        alerts.closed_by,
        alerts.disposition,
        due.day as review_until,
        {{ local_day('alerts.closed_at', 'engagement.time_zone') }} as reviewed_on,
        {{ local_day(as_of(), 'engagement.time_zone') }} as today,
        alerts.closed_at is not null
            and alerts.disposition is not null
            and alerts.closed_by is not null
            and lower(alerts.closed_by) <> episodes.account
            and alerts.closed_by_key is distinct from episodes.person_key as is_reviewed
    from episodes
    cross join {{ ref('dim_engagement') }} as engagement
    left join first_alerts as alerts on alerts.episode_key = episodes.episode_key
    left join {{ ref('dim_person') }} as people on people.person_key = episodes.person_key
    left join {{ ref('dim_business_day') }} as began on began.day = {{ local_day('alerts.created_at', 'engagement.time_zone') }}
    left join business_days as due on due.business_no = began.business_no + {{ param('review_business_days') }}
),

judged as (
    select
        *,
        {{ codes([
            ('ALERT_MISSING', 'alert_id is null and alert_until < ' ~ as_of()),
            ('ALERT_LATE', 'alert_at > alert_until'),
            ('NOT_REVIEWED', 'alert_id is not null and ((not is_reviewed and today > review_until) or (is_reviewed and reviewed_on > review_until))'),
            ('ALERT_WRONG_SEVERITY', 'alert_id is not null and severity is distinct from ' ~ param('severity')),
        ]) }} as codes,
        person_key is null and not is_service as is_unknown
    from stated
)

select
    episode_key as entity_key,
    coalesce(display_name, account) || ' ' || {{ instant_text('episode_start') }} as entity_name,
    person_key as owner_key,
    {{ row_result(
        unknown='is_unknown',
        pending='not is_unknown and ' ~ is_empty_list('codes') ~ ' and (alert_id is null or not is_reviewed)'
    ) }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'ALERT_MISSING'") ~ " then 'Nothing was raised within " ~ param_value('alert_latency_minutes') ~ " minutes' end",
                "case when " ~ includes('codes', "'ALERT_LATE'") ~ " then 'Raised ' || cast(cast(" ~ seconds_between('triggered_at', 'alert_at') ~ " as bigint) as varchar) || ' seconds after the excess was one' end",
                "case when " ~ includes('codes', "'NOT_REVIEWED'") ~ " then 'Not reviewed by somebody else until ' || cast(review_until as varchar) end",
                "case when " ~ includes('codes', "'ALERT_WRONG_SEVERITY'") ~ " then 'Raised with severity ' || coalesce(severity, 'none') end",
            ]) }} || '.'
        when is_unknown then 'The login ' || account || ' is shared: nothing says who asked.'
        when alert_id is null then 'The alert may still come.'
        when not is_reviewed then 'It may be reviewed until ' || cast(review_until as varchar) || '.'
        else 'Raised in time, reviewed by ' || closed_by || '.'
    end as reason,
    user_key,
    account,
    case when is_service then 'service' when person_key is not null then 'human' else 'unresolved' end as kind,
    episode_start,
    triggered_at,
    events as queries,
    alert_id,
    alert_at,
    severity,
    closed_by as reviewed_by,
    closed_at as reviewed_at,
    disposition
from judged
