with production as (
    select
        deployments.*,
        case
            when {{ param('time_field') }} = 'success_at' then coalesce(deployments.success_at, deployments.begun_at)
            else deployments.begun_at
        end as counted_at
    from ({{ production_deployments() }}) as deployments
),

timed as (
    select *, {{ local_time('counted_at', param('tz')) }} as local_at
    from production
),

holidays as (
    select distinct date
    from ({{ newest(ref('stg_registers__holidays')) }}) as register
    where calendar = {{ param('calendar') }}
),

outside as (
    select timed.*, holidays.date is not null as is_holiday
    from timed
    left join holidays on holidays.date = cast(timed.local_at as date)
    where not {{ within_hours('timed.local_at', param('weekdays'), param('start_local'), param('end_local')) }}
        or ({{ param('holidays_outside') }} and holidays.date is not null)
),

logged as (
    select entity as deployment_id, min(alert_id) as alert_id, min(created_at) as alert_at
    from {{ ref('fct_alert') }}
    where rule_id = {{ param('rule_id') }} and not is_test
    group by entity
),

-- A stand-up without notes proves nothing.
reviewed as (
    select item.deployment_id, standups.held_at, standups.standup_id, standups.notes_uri
    from ({{ newest(ref('stg_registers__standups')) }}) as standups
    cross join {{ each_item('standups.deployments') }} as item(deployment_id)
    where coalesce(trim(standups.notes_uri), '') <> ''
),

first_reviews as (
    select outside.deployment_id, reviewed.held_at, reviewed.standup_id, reviewed.notes_uri
    from outside
    inner join reviewed
        on reviewed.deployment_id = outside.deployment_id
        and reviewed.held_at > outside.counted_at
        and reviewed.held_at <= {{ plus_days('outside.counted_at', param('review_days')) }}
        and reviewed.held_at <= {{ as_of() }}
    qualify row_number() over (partition by outside.deployment_id order by reviewed.held_at, reviewed.standup_id) = 1
),

judged as (
    select
        outside.*,
        logged.alert_id,
        logged.alert_at,
        reviews.held_at,
        reviews.standup_id,
        reviews.notes_uri,
        {{ plus_days('outside.counted_at', param('review_days')) }} as review_until,
        {{ codes([
            ('NOT_LOGGED', 'logged.alert_id is null and ' ~ plus_hours('outside.counted_at', param('log_within_hours')) ~ ' < ' ~ as_of()),
            ('NOT_REVIEWED', 'reviews.held_at is null and ' ~ plus_days('outside.counted_at', param('review_days')) ~ ' < ' ~ as_of()),
        ]) }} as codes
    from outside
    left join logged on logged.deployment_id = outside.deployment_id
    left join first_reviews as reviews on reviews.deployment_id = outside.deployment_id
)

select
    deployment_id as entity_key,
    coalesce(service, repo_full_name) || ' ' || {{ instant_text('counted_at') }} as entity_name,
    owner_key,
    {{ row_result(
        unknown='environment_class is null',
        pending='environment_class is not null and ' ~ is_empty_list('codes') ~ ' and (alert_id is null or held_at is null)',
        excluded='not in_scope'
    ) }} as result,
    codes,
    case
        when not in_scope then 'The repository is out of scope: ' || coalesce(exclusion_reason, 'no reason given') || '.'
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'NOT_LOGGED'") ~ " then 'The SIEM has no entry of it' end",
                "case when " ~ includes('codes', "'NOT_REVIEWED'") ~ " then 'No stand-up looked at it until ' || " ~ instant_text('review_until') ~ " end",
            ]) }} || '.'
        when environment_class is null then 'The register of environments does not say what ' || coalesce(environment, 'this environment') || ' is.'
        when held_at is null then 'A stand-up may look at it until ' || {{ instant_text('review_until') }} || '.'
        when alert_id is null then 'The entry may still come.'
        else 'Logged as ' || alert_id || ' and looked at by the stand-up at ' || {{ instant_text('held_at') }} || '.'
    end as reason,
    deployment_id,
    counted_at as started_at_utc,
    local_at as started_at_local,
    cast({{ weekday_of('local_at') }} as bigint) as weekday,
    is_holiday,
    alert_id,
    alert_at,
    standup_id,
    held_at as standup_held_at,
    notes_uri
from judged
