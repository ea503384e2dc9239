with accesses as (select * from {{ ref('fct_offboarding_access') }}),

people as (select * from {{ ref('dim_person') }}),

compared as (
    select
        accesses.*,
        people.display_name,
        people.manager_key,
        account_id = 'none' as has_no_account,
        deprovisioned_at > deadline_at
            and (time_precision = 'event' or coalesce(last_seen_enabled_at > deadline_at, false)) as is_late,
        deprovisioned_at > deadline_at
            and time_precision = 'bracket'
            and not coalesce(last_seen_enabled_at > deadline_at, false) as is_bracket_open,
        is_enabled_at_horizon and horizon_at > deadline_at as is_not_removed,
        {{ as_of() }} <= deadline_at
            and reactivated_at is null
            and (is_enabled_at_horizon or is_unobserved or not is_removal_confirmed)
            and horizon_at = {{ as_of() }} as is_pending
    from accesses
    left join people on people.person_key = accesses.person_key
),

coded as (
    select
        *,
        is_continuous or has_no_account as is_excluded,
        {{ codes([
            ('LATE_REMOVAL', 'not is_continuous and is_late'),
            ('NOT_REMOVED', 'not is_continuous and is_not_removed'),
            ('REACTIVATED', 'not is_continuous and reactivated_at is not null'),
            ('LOGIN_AFTER_END', 'not is_continuous and used_after_deadline_at is not null'),
            ('NO_TIMESTAMP', 'not is_continuous and (is_bracket_open or is_unobserved)'),
        ]) }} as codes
    from compared
)

select
    spell_id || '|' || source_id || '|' || account_id as entity_key,
    coalesce(display_name, person_key) || case when has_no_account then '' else ' / ' || source_id || ' ' || coalesce(login, account_id) end
        as entity_name,
    manager_key as owner_key,
    {{ row_result(pending='is_pending', excluded='is_excluded') }} as result,
    codes,
    case
        when is_continuous then 'Another employment or contract of the same person follows without a gap: continuous service.'
        when has_no_account then 'No account of this person is known in any connected system: listed for review.'
        when is_pending then 'The deadline is not reached yet.'
        when is_not_removed
            then 'Still enabled after the deadline of ' || cast(deadline_at as varchar) || ' UTC'
                || case when reactivated_at is not null then ', enabled again on ' || cast(reactivated_at as varchar) || ' UTC' else '' end
                || case when used_after_deadline_at is not null then ', used until ' || cast(used_after_deadline_at as varchar) || ' UTC' else '' end
                || '.'
        when reactivated_at is not null
            then 'Removed, then enabled again on ' || cast(reactivated_at as varchar) || ' UTC without a new employment.'
        when is_late
            then 'Removed ' || cast(round(delay_hours, 1) as varchar) || ' h after the end; the limit is {{ param("deadline_hours") }} h.'
                || case when used_after_deadline_at is not null then ' Used after the deadline.' else '' end
                || case when hr_notified_at > end_effective_at then ' The end was entered late: root cause late HR entry.' else '' end
        when used_after_deadline_at is not null then 'Used on ' || cast(used_after_deadline_at as varchar) || ' UTC, after the deadline.'
        when is_unobserved then 'Nothing was observed between the end and the next employment: whether it was removed is not known.'
        when is_bracket_open
            then 'Removed between ' || coalesce(cast(last_seen_enabled_at as varchar), 'an unknown time') || ' and '
                || cast(deprovisioned_at as varchar) || ' UTC: the deadline lies in between and no event tells.'
        when deprovisioned_at <= end_effective_at then 'Removed before the end took effect.'
        when deprovisioned_at is not null
            then 'Removed within {{ param("deadline_hours") }} h of the end'
                || case when time_precision = 'bracket' then ' at the latest (no event, first listing without it)' else '' end || '.'
        else 'A new employment began before the deadline.'
    end as reason,
    spell_id,
    person_key,
    account_id,
    source_id,
    end_effective_at,
    hr_notified_at,
    deadline_at,
    deprovisioned_at,
    delay_hours,
    delay_from_notice_hours,
    removal_event_id,
    time_precision,
    last_seen_enabled_at,
    reactivated_at,
    used_after_deadline_at
from coded
