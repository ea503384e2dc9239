{%- set control = 'ctl_ac_14__leavers_lose_access' -%}
{%- set deadline_hours = parameter_of(control, 'deadline_hours') -%}
{%- set clock = parameter_of(control, 'clock') -%}
{%- set lead_days = 30 -%}

with links as (select * from {{ ref('int_offboarding_accesses_linked') }}),

clocked as (
    select
        *,
        {{ plus_hours(
            newest_of(['end_effective_at', 'hr_notified_at']) if clock == 'notified' else 'end_effective_at', deadline_hours
        ) }} as deadline_at,
        {{ oldest_of([as_of(), 'coalesce(next_start_at, ' ~ as_of() ~ ')']) }} as horizon_at
    from links
),

{#- At one instant, what was enabled before what is disabled: the later fact is the disabling one. #}
states as (
    select
        *,
        lag(is_enabled) over ordered as was_enabled,
        lag(occurred_at) over ordered as previous_at
    from {{ ref('int_access_states_observed') }}
    window ordered as (
        partition by source_id, account_id
        order by occurred_at, case when is_enabled then 0 else 1 end, case evidence when 'event' then 0 else 1 end, event_id
    )
),

{#- The listing of the day judged is taken just after the moment judged, and is the state at that moment. #}
points as (
    select
        clocked.spell_id,
        clocked.source_id,
        clocked.account_id,
        clocked.end_effective_at,
        states.occurred_at,
        states.is_enabled,
        states.evidence,
        states.event_id,
        states.is_confirmed,
        states.previous_at,
        not states.is_enabled and coalesce(states.was_enabled, true) as is_removal,
        row_number() over (
            partition by clocked.spell_id, clocked.source_id, clocked.account_id
            order by states.occurred_at desc, case when states.is_enabled then 1 else 0 end, states.event_id
        ) as newest_no
    from clocked
    inner join states
        on states.source_id = clocked.source_id
        and states.account_id = clocked.account_id
        and (
            states.occurred_at <= clocked.horizon_at
            or (clocked.horizon_at = {{ as_of() }} and states.evidence in ('snapshot', 'absence'))
        )
),

summary as (
    select
        spell_id,
        source_id,
        account_id,
        max(case when newest_no = 1 and is_enabled and occurred_at > end_effective_at then 1 else 0 end) = 1 as is_enabled_at_horizon,
        {#- Nothing was observed between the end and the next employment: neither removed nor enabled is proven. #}
        max(case when newest_no = 1 and is_enabled and occurred_at <= end_effective_at then 1 else 0 end) = 1 as is_unobserved,
        max(case when is_enabled or evidence = 'event' then 1 else 0 end) = 1 as was_ever_enabled,
        max(case when is_removal and occurred_at <= end_effective_at then occurred_at end) as last_removal_before_end,
        max(case when is_enabled and occurred_at <= end_effective_at then occurred_at end) as last_enabled_before_end,
        min(case when is_removal and occurred_at > end_effective_at then occurred_at end) as first_removal_after_end
    from points
    group by spell_id, source_id, account_id
),

removals as (
    select
        summary.*,
        {#- Disabled when the end came: that removal counts, else the first one after it. #}
        case
            when last_removal_before_end is not null
                and (last_enabled_before_end is null or last_enabled_before_end <= last_removal_before_end)
                then last_removal_before_end
            else first_removal_after_end
        end as removed_at
    from summary
),

removal_points as (
    select points.*
    from points
    inner join removals
        on removals.spell_id = points.spell_id
        and removals.source_id = points.source_id
        and removals.account_id = points.account_id
        and removals.removed_at = points.occurred_at
    where points.is_removal
    qualify row_number() over (
        partition by points.spell_id, points.source_id, points.account_id order by points.newest_no desc
    ) = 1
),

reactivations as (
    select
        points.spell_id,
        points.source_id,
        points.account_id,
        min(points.occurred_at) as reactivated_at
    from points
    inner join removals
        on removals.spell_id = points.spell_id
        and removals.source_id = points.source_id
        and removals.account_id = points.account_id
    where points.is_enabled
        and points.evidence <> 'created'
        and points.occurred_at > removals.removed_at
        and points.occurred_at > points.end_effective_at
    group by points.spell_id, points.source_id, points.account_id
),

uses as (
    select
        clocked.spell_id,
        clocked.source_id,
        clocked.account_id,
        max(uses.used_at) as used_after_deadline_at
    from clocked
    inner join {{ ref('int_access_uses_observed') }} as uses
        on uses.source_id = clocked.source_id
        and uses.account_id = clocked.account_id
        and uses.used_at > clocked.deadline_at
        and uses.used_at <= clocked.horizon_at
    group by clocked.spell_id, clocked.source_id, clocked.account_id
),

assembled as (
    select
        clocked.*,
        removals.is_enabled_at_horizon,
        removals.is_unobserved,
        removals.was_ever_enabled,
        removals.removed_at as deprovisioned_at,
        case
            when removals.removed_at is null then null
            when removal_points.evidence = 'event' then 'event'
            else 'bracket'
        end as time_precision,
        case
            when removals.removed_at is not null and removal_points.evidence <> 'event' then removal_points.previous_at
        end as last_seen_enabled_at,
        removal_points.event_id as removal_event_id,
        coalesce(removal_points.is_confirmed, true) as is_removal_confirmed,
        reactivations.reactivated_at,
        uses.used_after_deadline_at
    from clocked
    left join removals
        on removals.spell_id = clocked.spell_id and removals.source_id = clocked.source_id and removals.account_id = clocked.account_id
    left join removal_points
        on removal_points.spell_id = clocked.spell_id
        and removal_points.source_id = clocked.source_id
        and removal_points.account_id = clocked.account_id
    left join reactivations
        on reactivations.spell_id = clocked.spell_id
        and reactivations.source_id = clocked.source_id
        and reactivations.account_id = clocked.account_id
    left join uses
        on uses.spell_id = clocked.spell_id and uses.source_id = clocked.source_id and uses.account_id = clocked.account_id
),

{#- Never usable, or closed long before the end: no part of this offboarding. #}
relevant as (
    select *
    from assembled
    where account_id is not null
        and coalesce(was_ever_enabled, false)
        and (
            deprovisioned_at is null
            or deprovisioned_at >= {{ plus_days('end_effective_at', -lead_days) }}
            or reactivated_at is not null
        )
),

without_access as (
    select *
    from assembled
    where spell_id not in (select spell_id from relevant)
    qualify row_number() over (partition by spell_id order by source_id) = 1
)

select
    spell_id,
    coalesce(source_id, 'none') as source_id,
    coalesce(account_id, 'none') as account_id,
    person_key,
    login,
    end_date,
    end_effective_at,
    hr_notified_at,
    end_reason,
    next_spell_id,
    is_continuous,
    deadline_at,
    horizon_at,
    deprovisioned_at,
    time_precision,
    last_seen_enabled_at,
    {{ hours_between('end_effective_at', 'deprovisioned_at') }} as delay_hours,
    {{ hours_between('hr_notified_at', 'deprovisioned_at') }} as delay_from_notice_hours,
    removal_event_id,
    is_removal_confirmed,
    coalesce(is_enabled_at_horizon, false) as is_enabled_at_horizon,
    coalesce(is_unobserved, false) as is_unobserved,
    reactivated_at,
    used_after_deadline_at
from relevant

union all

select
    spell_id,
    'none' as source_id,
    'none' as account_id,
    person_key,
    cast(null as varchar) as login,
    end_date,
    end_effective_at,
    hr_notified_at,
    end_reason,
    next_spell_id,
    is_continuous,
    deadline_at,
    horizon_at,
    null as deprovisioned_at,
    null as time_precision,
    null as last_seen_enabled_at,
    null as delay_hours,
    null as delay_from_notice_hours,
    null as removal_event_id,
    true as is_removal_confirmed,
    false as is_enabled_at_horizon,
    false as is_unobserved,
    null as reactivated_at,
    null as used_after_deadline_at
from without_access
