-- What arrived of each stream, type and day, as it was counted last. A sign of life is an event that the compliance
-- reader did not cause itself or, of a quiet stream, a heartbeat; a gap is the time from one sign to the next.
with counted as (
    select
        *,
        event_count > coalesce(reader_count, 0) as has_arrived,
        coalesce(heartbeat_count, 0) > 0 as is_alive
    from {{ ref('stg_log_counts__days') }}
    where day < {{ as_of_day() }}
    qualify row_number() over (partition by stream_id, event_type, day order by _day desc, _seq desc) = 1
),

signs as (
    select
        *,
        case when is_alive then cast(day as timestamp) when has_arrived then first_event_at end as first_sign_at,
        case when is_alive then {{ plus_days('cast(day as timestamp)', 1) }} when has_arrived then last_event_at end as last_sign_at
    from counted
),

gaps as (
    select
        stream_id,
        event_type,
        day,
        lag(last_sign_at) over (partition by stream_id, event_type order by day) as gap_from,
        first_sign_at as gap_to
    from signs
    where first_sign_at is not null
),

-- What the source made in the meantime, on the days that the gap touches: half an hour's silence needs no explanation.
missed as (
    select
        gaps.stream_id,
        gaps.event_type,
        gaps.day,
        sum(counted.source_count - counted.event_count) as missed_count
    from gaps
    inner join counted
        on counted.stream_id = gaps.stream_id
        and counted.event_type = gaps.event_type
        and counted.day between cast(gaps.gap_from as date) and gaps.day
    where {{ hours_between('gaps.gap_from', 'gaps.gap_to') }} >= 1
    group by gaps.stream_id, gaps.event_type, gaps.day
)

select
    signs.stream_id,
    signs.event_type,
    signs.day,
    signs.event_count,
    signs.failure_count,
    signs.source_count,
    signs.heartbeat_count,
    signs.late_count,
    signs.first_event_at,
    signs.last_event_at,
    signs.last_sign_at,
    signs.event_count is null or (signs.has_arrived and (signs.first_event_at is null or signs.last_event_at is null)) as is_unreadable,
    gaps.gap_from,
    gaps.gap_to,
    {{ hours_between('gaps.gap_from', 'gaps.gap_to') }} as gap_hours,
    missed.missed_count
from signs
left join gaps on gaps.stream_id = signs.stream_id and gaps.event_type = signs.event_type and gaps.day = signs.day
left join missed on missed.stream_id = signs.stream_id and missed.event_type = signs.event_type and missed.day = signs.day
