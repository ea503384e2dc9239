with alerts as (
    select * from {{ ref('fct_alert') }} where rule_id = {{ param('rule_id') }} and not is_test
),

-- Locks and unlocks at the identity provider, by the person behind the login.
changes as (
    select
        log.occurred_at,
        log.event_type in ('user.account.unlock', 'user.lifecycle.unsuspend') as is_unlock,
        coalesce(people.person_key, 'login ' || lower(log.target_login)) as user_key,
        coalesce(log.actor_type, '') = 'SystemPrincipal' or actors.ref is not null as is_by_security
    from {{ ref('int_okta_events_deduplicated') }} as log
    left join {{ ref('int_logins_resolved') }} as people on people.login = lower(log.target_login)
    left join {{ ref('int_logins_resolved') }} as logins on logins.login = lower(log.actor_login)
    left join {{ ref('int_person_refs') }} as actors
        on actors.person_key = logins.person_key
        and {{ item_in('actors.ref', param('security_people')) }}
    where log.outcome = 'SUCCESS'
        and log.target_login is not null
        and log.event_type in (
            'user.account.lock', 'user.lifecycle.suspend', 'user.lifecycle.deactivate', 'user.account.unlock', 'user.lifecycle.unsuspend'
        )
),

-- The rule locks as soon as it fires, and an alert of a long attack may come after its lock.
locks as (
    select alerts.alert_id, min(changes.occurred_at) as locked_at
    from alerts
    inner join changes
        on changes.user_key = alerts.user_key
        and not changes.is_unlock
        and changes.occurred_at >= {{ plus_seconds('alerts.created_at', '-60 * ' ~ param('lock_before_minutes')) }}
        and changes.occurred_at <= {{ plus_seconds('alerts.created_at', '60 * ' ~ param('lock_minutes')) }}
    group by alerts.alert_id
),

unlocks as (
    select alerts.alert_id, min(changes.occurred_at) as unlocked_at
    from alerts
    inner join locks on locks.alert_id = alerts.alert_id
    inner join changes
        on changes.user_key = alerts.user_key
        and changes.is_unlock
        and not changes.is_by_security
        and changes.occurred_at > locks.locked_at
        and changes.occurred_at < coalesce(alerts.closed_at, {{ as_of() }})
    group by alerts.alert_id
),

business_days as (select * from {{ ref('dim_business_day') }} where is_business),

stated as (
    select
        alerts.*,
        locks.locked_at,
        unlocks.unlocked_at,
        due.day as close_until,
        alerts.person_key is not null or alerts.is_service as has_account,
        {{ plus_seconds('alerts.created_at', '60 * ' ~ param('lock_minutes')) }} as lock_until,
        {{ plus_seconds('alerts.created_at', '60 * ' ~ param('notify_minutes')) }} as notify_until,
        coalesce({{ matches_any_pattern('lower(alerts.notified_to)', param_value('security_addresses') or []) }}, false) as is_told_to_security,
        alerts.closed_at is not null and alerts.disposition is not null and coalesce(trim(alerts.notes), '') <> '' as is_disposed,
        {{ local_day('alerts.closed_at', 'engagement.time_zone') }} as closed_on,
        {{ local_day(as_of(), 'engagement.time_zone') }} as today
    from alerts
    cross join {{ ref('dim_engagement') }} as engagement
    left join locks on locks.alert_id = alerts.alert_id
    left join unlocks on unlocks.alert_id = alerts.alert_id
    left join {{ ref('dim_business_day') }} as began on began.day = {{ local_day('alerts.created_at', 'engagement.time_zone') }}
    left join business_days as due on due.business_no = began.business_no + {{ param('close_business_days') }}
),

judged as (
    select
        *,
        {{ codes([
            ('NOT_LOCKED', 'has_account and locked_at is null and lock_until < ' ~ as_of()),
            ('NOT_NOTIFIED', '(notified_at is null or notified_at > notify_until or not is_told_to_security) and notify_until < ' ~ as_of()),
            ('NO_DISPOSITION', '(not is_disposed and today > close_until) or (is_disposed and closed_on > close_until)'),
            ('UNLOCKED_WITHOUT_REVIEW', 'unlocked_at is not null'),
        ]) }} as codes,
        -- Without a name nobody can say whether an account was locked.
        entity is null as is_unknown
    from stated
)

select
    alert_id as entity_key,
    alert_id || coalesce(' ' || entity, '') as entity_name,
    person_key as owner_key,
    {{ row_result(
        unknown='is_unknown',
        pending='not is_unknown and ' ~ is_empty_list('codes') ~ ' and (not is_disposed or (has_account and locked_at is null) or notified_at is null)'
    ) }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'NOT_LOCKED'") ~ " then 'The account was not locked within " ~ param_value('lock_minutes') ~ " minutes' end",
                "case when " ~ includes('codes', "'NOT_NOTIFIED'") ~ " then 'Security was not told within " ~ param_value('notify_minutes') ~ " minutes' end",
                "case when " ~ includes('codes', "'NO_DISPOSITION'") ~ " then 'No disposition with a note until ' || cast(close_until as varchar) end",
                "case when " ~ includes('codes', "'UNLOCKED_WITHOUT_REVIEW'") ~ " then 'Unlocked at ' || " ~ instant_text('unlocked_at') ~ " || ' by somebody outside security, before the alert was closed' end",
            ]) }} || '.'
        when is_unknown then 'The alert names nobody.'
        when not is_disposed or notified_at is null then 'It may still be answered until ' || cast(close_until as varchar) || '.'
        when not has_account then 'No such account; security was told, and the alert closed as ' || disposition || '.'
        else 'Locked, told to security and closed as ' || disposition || '.'
    end as reason,
    alert_id,
    user_key,
    created_at,
    locked_at,
    unlocked_at,
    notified_at,
    closed_at,
    disposition
from judged
