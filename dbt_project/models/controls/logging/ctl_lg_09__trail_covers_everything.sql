with days as (
    select
        *,
        coalesce(state, 'ACTIVE') <> 'ACTIVE' and stop_event_id is null and narrowing_event_id is null as is_excluded,
        is_observed and trail_arn is null and is_own as has_no_trail
    from {{ ref('fct_trail_day') }}
),

judged as (
    select
        *,
        {{ codes([
            ('NO_TRAIL', 'has_no_trail'),
            ('NOT_LOGGING', 'coalesce(is_logging = false, false)'),
            ('DELIVERY_FAILING', 'latest_delivery_error is not null or delivery_lag_hours > ' ~ param('delivery_max_lag_hours')),
            ('PARTIAL_EVENTS', 'coalesce(keeps_management_events = false, false) or narrowing_event_id is not null'),
            ('STOPPED_IN_WINDOW', 'stop_event_id is not null'),
        ]) }} as codes,
        case
            when not is_observed then null
            when trail_arn is null and not is_own
                then 'no trail of the organisation covers the account, and its own trails cannot be seen from here'
            when trail_arn is null then null
            when is_logging is null then 'whether the trail logs could not be read'
            when latest_delivery_error is null and delivery_lag_hours is null then 'the trail does not say when it last delivered'
            when keeps_management_events is null then 'which events the trail selects could not be read'
        end as unknown_reason
    from days
)

select
    account_id || '|' || cast(day as varchar) as entity_key,
    account_id || ' on ' || cast(day as varchar) as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='unknown_reason is not null', excluded='is_excluded') }} as result,
    codes,
    case
        when is_excluded then 'The account is not active in the organisation (' || lower(state) || ').'
        when not {{ is_empty_list("codes") }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'NO_TRAIL'") ~ " then 'No multi-region trail records the account' end",
                "case when " ~ includes('codes', "'NOT_LOGGING'") ~ " then 'The trail does not log' end",
                "case when latest_delivery_error is not null then 'The last delivery failed: ' || latest_delivery_error when " ~ includes('codes', "'DELIVERY_FAILING'") ~ " then 'The last file was delivered ' || cast(cast(floor(delivery_lag_hours) as bigint) as varchar) || ' hours before, more than " ~ param('delivery_max_lag_hours') ~ "' end",
                "case when narrowing_event_id is not null then 'Somebody made the trail leave out management events' when " ~ includes('codes', "'PARTIAL_EVENTS'") ~ " then 'The trail leaves out management events' end",
                "case when " ~ includes('codes', "'STOPPED_IN_WINDOW'") ~ " then 'Somebody stopped, deleted or shrank the trail' end",
            ]) }} || '.'
        when unknown_reason is not null then 'Cannot be judged: ' || unknown_reason || '.'
        else 'A multi-region trail logs all management events and delivers them.'
    end as reason,
    account_id,
    trail_arn,
    day,
    is_logging,
    latest_delivery_at,
    coalesce(stop_event_id, narrowing_event_id) as stop_event_id,
    -- Scanners ask how the trail is set up now.
    {{ demands([('cloudtrail_on_all_regions', 'day = ' ~ as_of_day())]) }} as demands
from judged
