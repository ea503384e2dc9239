with alerts as (
    select
        alerts.*,
        alerts.repo_full_name || '#' || alerts.alert_number as alert_ref,
        {{ days_between('alerts.created_at', as_of()) }} as age_days,
        case alerts.validity
            when 'active' then {{ param('active_sla_days') }}
            when 'inactive' then {{ param('inactive_sla_days') }}
            -- Not checked, or a kind that cannot be checked.
            else {{ param('unknown_sla_days') }}
        end as sla_days
    from {{ ref('stg_github__secret_alerts') }} as alerts
    where alerts._day = {{ as_of_day() }}
    qualify row_number() over (partition by alerts.repo_full_name, alerts.alert_number order by alerts._seq) = 1
),

-- The register says which secret an alert is about; the version of then is the leaked one. Its own dates are days: what
-- was rotated on the day of the alert counts as rotated.
leaked as (
    select
        leak_alert as alert_ref,
        min(owner_key) as owner_key,
        min(case when provider = 'register' then {{ plus_days('current_version_at', 1) }} else current_version_at end) as current_version_at,
        max(case when current_version_at is null then 1 else 0 end) = 1 as is_version_unread
    from {{ ref('dim_secret') }}
    where leak_alert is not null and not is_replica
    group by leak_alert
),

scanned as (
    select repo_id, secret_scanning
    from {{ ref('stg_github__repositories') }}
    where _day = {{ as_of_day() }}
    qualify row_number() over (partition by repo_id order by _seq desc) = 1
),

secrets as (
    select
        *,
        coalesce(parameter_type <> 'SecureString', false) as is_plain,
        coalesce(
            key_state in ('Disabled', 'PendingDeletion', 'PendingReplicaDeletion', 'PendingImport', 'Unavailable', 'NotFound'),
            false
        ) as is_key_unusable
    from {{ ref('dim_secret') }}
    where parameter_type is null or parameter_type = 'SecureString'
        or {{ matches_any_pattern('lower(name)', param_value('secret_name_patterns') or []) }}
),

population as (
    select
        'secret' as kind,
        provider || '|' || secret_id as entity_key,
        name as entity_name,
        owner_key,
        provider,
        secret_id,
        kms_key_id,
        key_state,
        cast(null as bigint) as alert_number,
        cast(null as double) as age_days,
        coalesce(is_registered and not {{ includes(param('managers'), 'location') }}, false) as is_outside,
        is_plain,
        is_key_unusable,
        false as is_open_late,
        false as is_unrotated,
        coalesce(key_state in ('Unread', 'Foreign'), false)
        -- A manager that lists it not, or that no source reads.
        or (provider = 'register' and {{ includes(param('managers'), 'location') }}) as is_unknown,
        case
            when is_leaving then 'WAITS_FOR_DELETION: the secret is being deleted'
            when is_replica then 'REPLICA: judged in its primary region'
        end as exclusion,
        location as note
    from secrets

    union all

    select
        'alert',
        'github|' || alerts.alert_ref,
        alerts.repo_full_name || ' ' || coalesce(alerts.secret_type, 'secret'),
        leaked.owner_key,
        'github',
        alerts.alert_ref,
        null,
        null,
        alerts.alert_number,
        alerts.age_days,
        false,
        false,
        false,
        alerts.state = 'open' and alerts.age_days > alerts.sla_days,
        coalesce(
            alerts.resolution = 'revoked'
            and (alerts.validity = 'active' or leaked.current_version_at <= alerts.created_at),
            false
        ),
        coalesce(
            alerts.created_at is null
            or alerts.state is null
            or (
                alerts.resolution = 'revoked'
                and coalesce(alerts.validity, 'unknown') not in ('active', 'inactive')
                and (leaked.alert_ref is null or leaked.is_version_unread)
            ),
            false
        ),
        null,
        case
            when alerts.state = 'open' then 'open, ' || coalesce(alerts.validity, 'unknown')
            else 'resolved as ' || coalesce(alerts.resolution, 'nothing')
        end
    from alerts
    left join leaked on leaked.alert_ref = alerts.alert_ref
    cross join {{ ref('dim_engagement') }} as engagement
    where alerts.state is distinct from 'resolved' or alerts.resolved_at >= cast(engagement.window_start as timestamp)

    union all

    select
        'repository',
        'github|' || repos.full_name,
        repos.full_name,
        repos.owner_key,
        'github',
        repos.full_name,
        null,
        null,
        null,
        null,
        false,
        false,
        false,
        false,
        false,
        scanned.secret_scanning is distinct from 'enabled',
        null,
        scanned.secret_scanning
    from {{ ref('dim_repo') }} as repos
    left join scanned on scanned.repo_id = repos.repo_id
    where repos.in_scope and not repos.is_deleted
),

judged as (
    select
        *,
        {{ codes([
            ('NOT_IN_MANAGER', 'exclusion is null and is_outside'),
            ('PLAINTEXT_PARAMETER', 'exclusion is null and is_plain'),
            ('KEY_UNUSABLE', 'exclusion is null and is_key_unusable'),
            ('LEAK_ALERT_OPEN', 'is_open_late'),
            ('LEAK_CLOSED_WITHOUT_ROTATION', 'is_unrotated'),
        ]) }} as codes
    from population
)

select
    entity_key,
    entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='exclusion is not null') }} as result,
    codes,
    case
        when exclusion is not null then exclusion || '.'
        when is_open_late then 'The alert (' || note || ') is open for ' || cast(cast(floor(age_days) as bigint) as varchar) || ' days.'
        when is_unrotated then 'The alert was closed as revoked, and the secret is the one that leaked.'
        when is_outside then 'The register says that it is kept in ' || note || ', which is no manager.'
        when is_plain then 'The parameter is named like a secret and is kept as plain text.'
        when is_key_unusable then 'Its key cannot be used (' || key_state || ').'
        when kind = 'repository' and is_unknown then 'Secrets in the repository are not looked for (scanning ' || coalesce(note, 'not shown') || ').'
        when kind = 'repository' then 'Scanned for secrets.'
        when kind = 'alert' and is_unknown then 'Closed as revoked; neither GitHub nor the register can tell whether it was.'
        when kind = 'alert' then 'The alert is ' || note || '.'
        when is_unknown and provider = 'register' then 'The register says that ' || note || ' keeps it, and no source lists it there.'
        when is_unknown then 'Kept in a manager; the state of its key could not be read.'
        when kms_key_id is null then 'Kept in a manager under the key that it manages itself.'
        else 'Kept in a manager under a usable key.'
    end as reason,
    kind,
    secret_id,
    provider,
    kms_key_id,
    key_state,
    alert_number,
    cast(floor(age_days) as bigint) as age_days
from judged
