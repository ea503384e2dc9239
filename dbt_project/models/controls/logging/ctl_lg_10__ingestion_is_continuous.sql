-- One row for each stream and day of the window since the log platform began to count it. What is typical of a day is
-- the median of working days or of weekends before it: they differ.
with streams as (
    select
        stream_id,
        min(starts_on) as starts_on,
        max(case when is_quiet then 1 else 0 end) = 1 as is_quiet
    from {{ ref('dim_log_stream') }}
    where stream_id is not null
    group by stream_id
),

counted as (
    select
        stream_id,
        day,
        sum(event_count) as event_count,
        sum(coalesce(heartbeat_count, 0)) as heartbeat_count,
        max(case when is_unreadable then 1 else 0 end) = 1 as is_unreadable,
        sum(late_count) as late_count,
        case when {{ weekday_of('day') }} >= 6 then 'weekend' else 'working day' end as day_class
    from {{ ref('fct_log_heartbeat') }}
    group by stream_id, day
),

typical as (
    select
        *,
        {{ median_before('event_count', ['stream_id', 'day_class'], 'day', 28) }} as median_count,
        count(*) over (
            partition by stream_id, day_class order by day range between interval 28 days preceding and interval 1 day preceding
        ) as days_compared
    from counted
),

begun as (
    select
        streams.stream_id,
        streams.is_quiet,
        greatest(streams.starts_on, engagement.window_start, first_counts.day) as first_day,
        first_counts.day is null as is_uncounted
    from streams
    left join (select stream_id, min(day) as day from counted group by stream_id) as first_counts
        on first_counts.stream_id = streams.stream_id
    cross join {{ ref('dim_engagement') }} as engagement
),

days as (
    select begun.stream_id, begun.is_quiet, calendar.day
    from begun
    cross join {{ each_day('begun.first_day', 'cast(' ~ plus_days(as_of_day(), -1) ~ ' as date)') }} as calendar(day)
    where not begun.is_uncounted
    union all
    select stream_id, is_quiet, cast(null as date) from begun where is_uncounted
),

judged as (
    select
        days.stream_id,
        days.is_quiet,
        days.day,
        typical.event_count,
        typical.heartbeat_count,
        typical.late_count,
        typical.median_count,
        typical.stream_id is null as is_uncounted,
        typical.event_count is null or typical.is_unreadable as is_unreadable,
        {{ codes([
            ('DAY_WITHOUT_EVENTS', 'typical.event_count = 0 and not (days.is_quiet and typical.heartbeat_count > 0)'),
            ('VOLUME_DROP', 'typical.event_count > 0 and not days.is_quiet and typical.days_compared >= ' ~ param('min_days_compared') ~ ' and typical.event_count < ' ~ param('drop_ratio') ~ ' * typical.median_count'),
        ]) }} as codes
    from days
    left join typical on typical.stream_id = days.stream_id and typical.day = days.day
)

select
    stream_id || '|' || coalesce(cast(day as varchar), 'uncounted') as entity_key,
    stream_id || coalesce(' on ' || cast(day as varchar), '') as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_unreadable') }} as result,
    codes,
    case
        when {{ includes('codes', "'DAY_WITHOUT_EVENTS'") }} then 'No event arrived' || case when is_quiet then ', and no heartbeat' else '' end || '.'
        when {{ includes('codes', "'VOLUME_DROP'") }}
            then cast(event_count as varchar) || ' events arrived; ' || cast(cast(median_count as bigint) as varchar) || ' are usual on such a day.'
        when day is null then 'Unknown: the log platform counts no events of the stream.'
        when is_uncounted then 'Unknown: the log platform says nothing of the day.'
        when is_unreadable then 'Unknown: the count or the times of the day cannot be read.'
        when event_count = 0 then 'Quiet, and alive: ' || cast(heartbeat_count as varchar) || ' heartbeats.'
        else cast(event_count as varchar) || ' events arrived.'
    end as reason,
    stream_id,
    day,
    event_count,
    median_count as median,
    heartbeat_count,
    late_count
from judged
