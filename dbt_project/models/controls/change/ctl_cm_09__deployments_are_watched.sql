-- The pipeline's record lists when it looked and what it saw; how long and how closely follows from that list alone.
with deployments as (
    select
        production.*,
        coalesce(digest, sha) as artefact,
        {{ plus_seconds('success_at', '60 * ' ~ param('window_minutes')) }} as window_end,
        lead(begun_at) over same_place as next_begun_at
    from ({{ production_deployments() }}) as production
    where success_at is not null
    window same_place as (partition by coalesce(service, repo_full_name, repo_id), environment order by success_at, deployment_id)
),

-- A release that follows within the window takes over: this one is watched until then, the other one to its end.
planned as (
    select
        *,
        coalesce(next_begun_at < window_end, false) as is_superseded,
        case when next_begun_at < window_end then next_begun_at else window_end end as watched_until
    from deployments
),

records as ({{ deployment_records('deployments') }}),

-- A monitor that has no data says nothing: INSUFFICIENT_DATA is no sample.
samples as (
    select *
    from (
        select
            records.deployment_ref,
            planned.unit,
            planned.success_at,
            planned.window_end,
            planned.watched_until,
            {{ utc(json_text('item.element', '$.at')) }} as sampled_at,
            lower({{ json_text('item.element', '$.state') }}) as state
        from records
        inner join planned on planned.deployment_id = records.deployment_ref
        cross join {{ each_item(json_items('records.record', '$.monitoring.samples')) }} as item(element)
    ) as listed
    where state in ('ok', 'alarm') and sampled_at >= success_at and sampled_at <= {{ as_of() }}
),

spaced as (
    select
        *,
        lag(sampled_at) over in_time as previous_at,
        lag(state) over in_time as previous_state
    from samples
    window in_time as (partition by deployment_ref order by sampled_at, state)
),

watched as (
    select
        deployment_ref,
        min(sampled_at) as first_at,
        max(sampled_at) as last_at,
        max(case when previous_at < watched_until then {{ seconds_between('previous_at', 'sampled_at') }} end) as longest_gap_seconds
    from spaced
    group by deployment_ref
),

incidents as (
    select *
    from {{ ref('stg_pagerduty__incidents') }}
    where incident_id is not null
    qualify row_number() over (partition by incident_id order by _day desc, _seq desc) = 1
),

alarms as (
    select
        deployment_ref,
        unit,
        sampled_at as alarm_at,
        {{ plus_seconds('sampled_at', '60 * ' ~ param('action_minutes')) }} as act_until
    from spaced
    where state = 'alarm' and previous_state is distinct from 'alarm' and sampled_at <= window_end
),

-- Something that was in production before is deployed again.
rollbacks as (
    select distinct later.deployment_id, later.unit, later.begun_at
    from deployments as later
    inner join deployments as earlier
        on earlier.unit = later.unit
        and earlier.artefact = later.artefact
        and earlier.success_at < later.begun_at
        and earlier.deployment_id <> later.deployment_id
),

actions as (
    select alarms.deployment_ref, alarms.alarm_at, 'rolled back by ' || rollbacks.deployment_id as action
    from alarms
    inner join rollbacks
        on rollbacks.unit = alarms.unit
        and rollbacks.begun_at between alarms.alarm_at and alarms.act_until

    union all

    select alarms.deployment_ref, alarms.alarm_at, 'incident ' || incidents.incident_id
    from alarms
    inner join incidents
        on lower(incidents.service) = lower(alarms.unit)
        and incidents.created_at <= alarms.act_until
        and (incidents.created_at >= alarms.alarm_at or incidents.resolved_at is null or incidents.resolved_at >= alarms.alarm_at)

    union all

    select alarms.deployment_ref, alarms.alarm_at, 'false alarm, by ' || listed.noted_by
    from alarms
    inner join ({{ newest(ref('stg_registers__false_alarms')) }}) as listed
        on listed.deployment_id = alarms.deployment_ref
        and listed.noted_at between alarms.alarm_at and alarms.act_until
),

handled as (
    select
        alarms.deployment_ref,
        count(distinct alarms.alarm_at) as alarms_count,
        count(distinct case when actions.action is null and alarms.act_until < {{ as_of() }} then alarms.alarm_at end) as unhandled_count,
        count(distinct case when actions.action is null and alarms.act_until >= {{ as_of() }} then alarms.alarm_at end) as waiting_count,
        min(actions.action) as action
    from alarms
    left join actions on actions.deployment_ref = alarms.deployment_ref and actions.alarm_at = alarms.alarm_at
    group by alarms.deployment_ref
),

measured as (
    select
        planned.*,
        sum(case when previous_is_superseded then 0 else 1 end) over (
            partition by unit, environment order by success_at, deployment_id rows unbounded preceding
        ) as chain,
        records.record_error is not null as is_unread,
        watched.first_at,
        watched.last_at,
        coalesce({{ seconds_between('success_at', 'watched.last_at') }}, 0) as covered_seconds,
        greatest(
            coalesce(watched.longest_gap_seconds, 0),
            -- Whatever took over may have ended the job that watched.
            case when is_superseded then coalesce({{ seconds_between('watched.last_at', 'watched_until') }}, 0) else 0 end
        ) as longest_gap_seconds,
        coalesce(handled.alarms_count, 0) as alarms_count,
        coalesce(handled.unhandled_count, 0) as unhandled_count,
        coalesce(handled.waiting_count, 0) as waiting_count,
        handled.action,
        watched.first_at is null
            and watched_until > {{ plus_seconds('success_at', '60 * ' ~ param('start_lag_max_minutes')) }} as is_unwatched,
        coalesce(watched.first_at > {{ plus_seconds('success_at', '60 * ' ~ param('start_lag_max_minutes')) }}, false)
            or coalesce(not is_superseded and watched.last_at < window_end, false) as is_short,
        {{ as_of() }} < window_end
            or (records.deployment_ref is null and {{ as_of() }} < {{ plus_seconds('success_at', '60 * ' ~ param('record_within_minutes')) }})
            as is_open
    from (
        select
            *,
            coalesce(lag(is_superseded) over (partition by unit, environment order by success_at, deployment_id), false) as previous_is_superseded
        from planned
    ) as planned
    left join (select deployment_ref, error_code as record_error from records) as records on records.deployment_ref = planned.deployment_id
    left join watched on watched.deployment_ref = planned.deployment_id
    left join handled on handled.deployment_ref = planned.deployment_id
),

-- What those that took over make of it.
followed as (
    select
        *,
        coalesce(max(case when (is_unwatched or is_short) and not is_unread and not is_open then 1 else 0 end) over after_it, 0) = 1 as is_broken_later,
        coalesce(max(case when is_unread then 1 else 0 end) over after_it, 0) = 1 as is_unread_later,
        coalesce(max(case when is_open then 1 else 0 end) over after_it, 0) = 1 as is_open_later
    from measured
    window after_it as (
        partition by unit, environment, chain order by success_at desc, deployment_id desc
        rows between unbounded preceding and 1 preceding
    )
),

judged as (
    select
        *,
        {{ codes([
            ('NO_MONITORING', 'not is_unread and is_unwatched'),
            ('WINDOW_SHORT', 'not is_unread and not is_unwatched and (is_short or is_broken_later)'),
            ('GAP_IN_WINDOW', 'not is_unread and longest_gap_seconds > ' ~ param('max_gap_seconds')),
            ('ALARM_UNHANDLED', 'unhandled_count > 0'),
        ]) }} as codes,
        environment_class is null or is_unread or is_unread_later as is_unknown,
        is_open or is_open_later or waiting_count > 0 as is_pending,
        not in_scope as is_excluded
    from followed
)

select
    deployment_id as entity_key,
    coalesce(service, repo_full_name) || ' ' || left(coalesce(sha, ''), 7) as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', pending='is_pending', excluded='is_excluded') }} as result,
    codes,
    case
        when is_excluded then 'The repository is out of scope: ' || coalesce(exclusion_reason, 'no reason given') || '.'
        when is_pending then 'It is being watched, or an alarm may still be acted on.'
        when is_unread then 'The record of its monitoring could not be read.'
        when is_unwatched then 'Nothing shows that it was watched after it succeeded.'
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'WINDOW_SHORT'") ~ " and is_short then 'Watched from ' || " ~ instant_text('first_at') ~ " || ' for ' || cast(cast(covered_seconds as bigint) as varchar) || ' s after success' end",
                "case when " ~ includes('codes', "'WINDOW_SHORT'") ~ " and not is_short then 'The release that followed within the window was not watched to the end' end",
                "case when " ~ includes('codes', "'GAP_IN_WINDOW'") ~ " then 'Nobody looked for ' || cast(cast(longest_gap_seconds as bigint) as varchar) || ' s' end",
                "case when " ~ includes('codes', "'ALARM_UNHANDLED'") ~ " then 'An alarm led to no rollback, incident or note' end",
            ]) }} || '.'
        when environment_class is null then 'The register of environments does not say what ' || coalesce(environment, 'this environment') || ' is.'
        when is_unknown then 'The record of the release that followed within the window could not be read.'
        when is_superseded then 'Watched until the next release, which was watched to the end.'
        else 'Watched for ' || cast(cast(covered_seconds as bigint) as varchar) || ' s after success' || coalesce('; alarm: ' || action, '') || '.'
    end as reason,
    deployment_id,
    service,
    success_at,
    first_at as monitor_start,
    last_at as monitor_end,
    cast(covered_seconds as bigint) as covered_seconds,
    cast(longest_gap_seconds as bigint) as longest_gap_seconds,
    is_superseded,
    alarms_count as alarms,
    action
from judged
