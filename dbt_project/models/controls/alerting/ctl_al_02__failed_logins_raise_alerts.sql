with episodes as (
    select
        bursts.*,
        user_key || '|' || {{ instant_key('episode_start') }} as episode_key,
        {{ plus_seconds('triggered_at', '60 * ' ~ param('alert_latency_minutes')) }} as alert_until
    from {{ ref('fct_failed_login_burst') }} as bursts
),

alerts as (
    select * from {{ ref('fct_alert') }} where rule_id = {{ param('rule_id') }} and not is_test
),

-- An alert belongs to the newest episode of its user that had begun; one that comes a day after the last failure, to none.
assigned as (
    select alerts.alert_id, alerts.created_at, alerts.severity, episodes.episode_key
    from alerts
    inner join episodes
        on episodes.user_key = alerts.user_key
        and episodes.episode_start <= alerts.created_at
        and {{ plus_hours('episodes.episode_end', param('late_alert_hours')) }} >= alerts.created_at
    qualify row_number() over (partition by alerts.alert_id order by episodes.episode_start desc) = 1
),

first_alerts as (
    select *
    from assigned
    qualify row_number() over (partition by episode_key order by created_at, alert_id) = 1
),

-- One that names nobody could be the one that is missing.
nameless as (
    select episodes.episode_key, min(alerts.alert_id) as alert_id
    from episodes
    inner join alerts
        on alerts.entity is null
        and alerts.created_at >= episodes.episode_start
        and alerts.created_at <= episodes.alert_until
    group by episodes.episode_key
),

members as (
    select
        episodes.episode_key as entity_key,
        coalesce(people.display_name, episodes.login) || ' ' || {{ instant_text('episodes.episode_start') }} as entity_name,
        episodes.person_key,
        episodes.user_key,
        episodes.episode_start,
        episodes.triggered_at,
        episodes.episode_end,
        episodes.events as failures,
        episodes.alert_until,
        first_alerts.alert_id,
        first_alerts.created_at as alert_at,
        first_alerts.severity,
        nameless.alert_id as nameless_alert_id,
        true as is_episode
    from episodes
    left join first_alerts on first_alerts.episode_key = episodes.episode_key
    left join nameless on nameless.episode_key = episodes.episode_key
    left join {{ ref('dim_person') }} as people on people.person_key = episodes.person_key

    union all

    select
        'alert ' || alerts.alert_id, alerts.alert_id || ' ' || alerts.entity, alerts.person_key, alerts.user_key,
        null, null, null, null, null, alerts.alert_id, alerts.created_at, alerts.severity, null, false
    from alerts
    left join assigned on assigned.alert_id = alerts.alert_id
    where assigned.alert_id is null and alerts.entity is not null
),

judged as (
    select
        *,
        is_episode and alert_id is null and nameless_alert_id is not null as is_unknown,
        is_episode and alert_id is null and alert_until >= {{ as_of() }} as is_pending,
        {{ codes([
            ('ALERT_MISSING', 'is_episode and alert_id is null and nameless_alert_id is null and alert_until < ' ~ as_of()),
            ('ALERT_LATE', 'is_episode and alert_at > alert_until'),
            ('ALERT_WRONG_SEVERITY', "is_episode and alert_id is not null and severity is distinct from " ~ param('severity')),
            ('FALSE_ALERT', 'not is_episode'),
        ]) }} as codes
    from members
)

select
    entity_key,
    entity_name,
    person_key as owner_key,
    {{ row_result(unknown='is_unknown', pending='is_pending and not is_unknown') }} as result,
    codes,
    case
        when not is_episode then 'No burst of failed sign-ins belongs to this alert.'
        when is_unknown then 'An alert of that time names nobody: ' || nameless_alert_id || '.'
        when is_pending then 'The alert may still come.'
        when alert_id is null then 'Nothing was raised within {{ param_value("alert_latency_minutes") }} minutes.'
        when alert_at > alert_until
            then 'Raised ' || cast(cast({{ seconds_between('triggered_at', 'alert_at') }} as bigint) as varchar) || ' seconds after the burst was one.'
        when severity is distinct from {{ param('severity') }} then 'Raised in time with severity ' || coalesce(severity, 'none') || '.'
        else 'Raised in time.'
    end as reason,
    user_key,
    episode_start,
    episode_end,
    triggered_at,
    failures,
    alert_id,
    alert_at,
    cast({{ seconds_between('triggered_at', 'alert_at') }} as bigint) as latency_seconds,
    severity
from judged
