-- Each account has on each day its best trail. What happened between two nights is in no snapshot: events tell.
with trails as (
    select *
    from {{ ref('stg_aws_trail_config__trails') }}
    where trail_arn is not null and _day <= {{ as_of_day() }}
    qualify row_number() over (partition by _day, trail_arn order by _seq) = 1
),

callers as (
    select _day, max(caller_account_id) as account_id
    from {{ ref('stg_aws_trail_config__trails') }}
    where _day <= {{ as_of_day() }}
    group by _day
),

listed as (
    select _day, account_id, max(state) as state
    from {{ ref('stg_aws_trail_config__accounts') }}
    where account_id is not null and _day <= {{ as_of_day() }}
    group by _day, account_id
),

accounts as (
    select
        callers._day,
        callers.account_id,
        true as is_own,
        listed.state
    from callers
    left join listed on listed._day = callers._day and listed.account_id = callers.account_id
    union all
    select listed._day, listed.account_id, false as is_own, listed.state
    from listed
    inner join callers on callers._day = listed._day and callers.account_id <> listed.account_id
),

statuses as (
    select status.*, extracts.finished_at as observed_at
    from {{ ref('stg_aws_trail_config__trail_status') }} as status
    left join {{ ref('meta_extract_run') }} as extracts
        on extracts.run_id = status._run_id and extracts.source_id = 'aws_trail_config.trail_status'
    qualify row_number() over (partition by status._day, status.trail_arn order by status._seq desc) = 1
),

selectors as (
    select
        _day,
        trail_arn,
        {{ keeps_management_events('selectors', 'advanced_selectors') }} as keeps_management_events
    from {{ ref('stg_aws_trail_config__event_selectors') }}
    where error_code is null
    qualify row_number() over (partition by _day, trail_arn order by _seq desc) = 1
),

-- A trail counts for its own account, an organisation's for every member.
candidates as (
    select
        accounts._day,
        accounts.account_id,
        trails.trail_arn,
        statuses.is_logging,
        statuses.latest_delivery_at,
        nullif(statuses.latest_delivery_error, '') as latest_delivery_error,
        {{ hours_between('statuses.latest_delivery_at', 'statuses.observed_at') }} as delivery_lag_hours,
        selectors.keeps_management_events
    from accounts
    inner join trails
        on trails._day = accounts._day
        and trails.is_multi_region
        and coalesce(trails.includes_global_events, true)
        and (trails.is_organisation or {{ part('trails.trail_arn', ':', 5) }} = accounts.account_id)
    left join statuses on statuses._day = trails._day and statuses.trail_arn = trails.trail_arn
    left join selectors on selectors._day = trails._day and selectors.trail_arn = trails.trail_arn
    qualify row_number() over (
        partition by accounts._day, accounts.account_id
        order by
            coalesce(statuses.is_logging, false) desc,
            case when nullif(statuses.latest_delivery_error, '') is null then 0 else 1 end,
            coalesce(selectors.keeps_management_events, false) desc,
            statuses.latest_delivery_at desc nulls last,
            trails.trail_arn
    ) = 1
),

changes as (
    select
        event_id,
        event_name,
        occurred_at,
        {{ json_text('record', '$.recipientAccountId') }} as account_id,
        coalesce({{ json_text('request_parameters', '$.name') }}, {{ json_text('request_parameters', '$.trailName') }}) as trail_ref,
        event_name in ('StopLogging', 'DeleteTrail')
            or (
                event_name = 'UpdateTrail'
                and (
                    coalesce({{ json_bool('request_parameters', '$.isMultiRegionTrail') }} = false, false)
                    or coalesce({{ json_bool('request_parameters', '$.includeGlobalServiceEvents') }} = false, false)
                )
            ) as is_stop,
        event_name = 'PutEventSelectors'
            and coalesce(
                {{ keeps_management_events(
                    json_value('request_parameters', '$.eventSelectors'),
                    json_value('request_parameters', '$.advancedEventSelectors'),
                    lower_first=true
                ) }} = false,
                false
            ) as is_narrowing
    from {{ ref('stg_aws_trail__events') }}
    cross join {{ ref('dim_engagement') }} as engagement
    where event_source = 'cloudtrail.amazonaws.com'
        and event_name in ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors')
        and error_code is null
        and occurred_at >= cast(engagement.window_start as timestamp)
        and occurred_at <= {{ as_of() }}
    qualify row_number() over (partition by event_id order by _day desc, _seq desc) = 1
),

-- A trail that never covered every region is not the central one: stopping it interrupts nothing. One that is gone
-- was perhaps seen by no night: it counts.
known_trails as (
    select
        trail_arn,
        max(trail_name) as trail_name,
        max(case when is_multi_region then 1 else 0 end) = 1 as was_central,
        max(case when is_organisation then 1 else 0 end) = 1 as was_organisation
    from trails
    group by trail_arn
),

weighed as (
    select
        changes.event_id,
        changes.account_id,
        changes.occurred_at,
        changes.is_stop,
        changes.is_narrowing,
        max(case when coalesce(known_trails.was_central, true) then 1 else 0 end) = 1 as is_central,
        max(case when coalesce(known_trails.was_organisation, false) then 1 else 0 end) = 1 as is_organisation
    from changes
    left join known_trails
        on changes.trail_ref in (known_trails.trail_arn, known_trails.trail_name)
        and {{ part('known_trails.trail_arn', ':', 5) }} = changes.account_id
    where changes.is_stop or changes.is_narrowing
    group by changes.event_id, changes.account_id, changes.occurred_at, changes.is_stop, changes.is_narrowing
),

reached as (
    select event_id, account_id, occurred_at, is_stop, is_narrowing from weighed where is_central
    union
    select weighed.event_id, accounts.account_id, weighed.occurred_at, weighed.is_stop, weighed.is_narrowing
    from weighed
    inner join accounts on accounts._day = {{ as_of_day() }}
    where weighed.is_central and weighed.is_organisation
),

interruptions as (
    select
        account_id,
        cast(occurred_at as date) as day,
        min(case when is_stop then event_id end) as stop_event_id,
        min(case when is_narrowing then event_id end) as narrowing_event_id
    from reached
    group by account_id, cast(occurred_at as date)
),

days as (
    select account_id, _day as day from accounts
    union
    select account_id, day from interruptions
)

select
    days.account_id,
    days.day,
    accounts._day is not null as is_observed,
    coalesce(accounts.is_own, true) as is_own,
    accounts.state,
    candidates.trail_arn,
    candidates.is_logging,
    candidates.latest_delivery_at,
    candidates.latest_delivery_error,
    candidates.delivery_lag_hours,
    candidates.keeps_management_events,
    interruptions.stop_event_id,
    interruptions.narrowing_event_id
from days
left join accounts on accounts.account_id = days.account_id and accounts._day = days.day
left join candidates on candidates.account_id = days.account_id and candidates._day = days.day
left join interruptions on interruptions.account_id = days.account_id and interruptions.day = days.day
cross join {{ ref('dim_engagement') }} as engagement
where days.day >= engagement.window_start
