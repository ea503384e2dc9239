{#-
  What is known of an access at points in time: enabled or not, from listings (evidence snapshot, or absence once it is
  listed no more), from creation and from audit events. Only accesses of ended spells.
#}
{%- set suspend_counts = parameter_of('ctl_ac_14__leavers_lose_access', 'suspend_counts') -%}

with accesses as (
    select distinct source_id, account_id
    from {{ ref('int_offboarding_accesses_linked') }}
    where account_id is not null
),

runs as (select * from {{ ref('int_account_runs_numbered') }}),

last_runs as (select source_id, max(run_no) as last_run_no from runs group by source_id),

events as (select * from {{ ref('int_access_events_normalised') }}),

{#-
  Console passwords come from a report the provider caches for up to four hours. The identity provider's statusChanged
  dates a disabling no later than the listing does, but moves on any later change: it stands back where an event tells.
#}
listed as (
    select
        observed.source_id,
        observed.account_id,
        observed.run_no,
        case observed.source_id
            when 'aws_iam' then observed.has_console_password
            when 'okta' then observed.can_sign_in{{ '' if suspend_counts else " or observed.status = 'SUSPENDED'" }}
            else observed.can_sign_in
        end as is_enabled,
        case observed.source_id when 'aws_iam' then {{ plus_hours('observed.observed_at', -4) }} else observed.observed_at end
            as enabled_at,
        case
            when observed.status_changed_at is null
                or exists (
                    select 1
                    from events
                    where events.source_id = observed.source_id
                        and events.account_id = observed.account_id
                        and not events.is_enabled
                        and events.occurred_at between {{ plus_hours('observed.status_changed_at', -1) }} and observed.finished_at
                )
                then observed.finished_at
            else observed.status_changed_at
        end as disabled_at,
        observed.created_at
    from {{ ref('int_accounts_observed') }} as observed
    inner join accesses on accesses.source_id = observed.source_id and accesses.account_id = observed.account_id

    union all

    select
        'aws_iam_key' as source_id,
        access_keys.access_key_id as account_id,
        runs.run_no,
        access_keys.status = 'Active' as is_enabled,
        runs.observed_at as enabled_at,
        runs.finished_at as disabled_at,
        access_keys.created_at
    from {{ ref('dim_access_key') }} as access_keys
    inner join accesses on accesses.source_id = 'aws_iam_key' and accesses.account_id = access_keys.access_key_id
    inner join runs
        on runs.source_id = 'aws_iam_key'
        and runs.logical_date >= cast(access_keys.valid_from as date)
        and (access_keys.valid_to is null or runs.logical_date < cast(access_keys.valid_to as date))
),

{#- Seldom does an account vanish and come back; each absence is a point of its own. #}
absences as (
    select
        listed.source_id,
        listed.account_id,
        runs.finished_at as disabled_at,
        coalesce(listed.next_listed_no > listed.run_no + 2, last_runs.last_run_no >= listed.run_no + 2) as is_confirmed
    from (
        select
            source_id,
            account_id,
            run_no,
            lead(run_no) over (partition by source_id, account_id order by run_no) as next_listed_no
        from listed
    ) as listed
    inner join last_runs on last_runs.source_id = listed.source_id
    inner join runs on runs.source_id = listed.source_id and runs.run_no = listed.run_no + 1
    where coalesce(listed.next_listed_no, listed.run_no + 2) > listed.run_no + 1
),

created as (
    select source_id, account_id, min(created_at) as created_at
    from listed
    where created_at is not null and source_id <> 'aws_iam'
    group by source_id, account_id
)

select source_id, account_id, enabled_at as occurred_at, true as is_enabled, 'snapshot' as evidence, cast(null as varchar) as event_id, true as is_confirmed
from listed
where is_enabled

union all

select source_id, account_id, disabled_at as occurred_at, false as is_enabled, 'snapshot' as evidence, null as event_id, true as is_confirmed
from listed
where not is_enabled

union all

select source_id, account_id, disabled_at as occurred_at, false as is_enabled, 'absence' as evidence, null as event_id, is_confirmed
from absences

union all

select source_id, account_id, created_at as occurred_at, true as is_enabled, 'created' as evidence, null as event_id, true as is_confirmed
from created

union all

select events.source_id, events.account_id, events.occurred_at, events.is_enabled, 'event' as evidence, events.event_id, true as is_confirmed
from events
inner join accesses on accesses.source_id = events.source_id and accesses.account_id = events.account_id
