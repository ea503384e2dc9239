-- Which stream carries which events of which system, and how long its best full copy keeps them. A system that must
-- produce a type and has no stream for it has one row whose stream_id is null.
with systems as (
    select system_id, emits
    from ({{ newest(ref('stg_registers__systems')) }}) as listed
    where in_use
        and coalesce(in_scope_from, {{ as_of_day() }}) <= {{ as_of_day() }}
        and coalesce(in_scope_to, {{ as_of_day() }}) >= {{ as_of_day() }}
),

carried as (
    select stores.*, item.value as event_type
    from {{ ref('int_log_stores_read') }} as stores
    cross join {{ each_item('stores.event_types') }} as item(value)
),

expected as (
    select systems.system_id, item.value as event_type
    from systems
    cross join {{ each_item('systems.emits') }} as item(value)
    union
    select carried.system_id, carried.event_type
    from carried
    inner join systems on systems.system_id = carried.system_id
),

streams as (
    select
        system_id,
        event_type,
        stream_id,
        min(starts_on) as starts_on,
        max(case when is_quiet then 1 else 0 end) = 1 as is_quiet,
        max(max_silence_hours) as max_silence_hours,
        max(sampling) as sampling,
        {{ ordered_list('destination_ref', 'destination_ref') }} as destinations,
        min(case when is_found = false then 0 else 1 end) = 1 as are_stores_found,
        max(case when is_found = false then 0 else 1 end) = 0 as is_nowhere,
        max(case when is_full_copy then unread_reason end) as unread_reason
    from carried
    group by system_id, event_type, stream_id
),

best as (
    select *
    from carried
    where is_full_copy and effective_days is not null
    qualify row_number() over (
        partition by system_id, event_type, stream_id order by assured_days desc, effective_days desc, destination_ref
    ) = 1
),

beats as (
    select
        stream_id,
        event_type,
        min(day) as counted_from,
        {{ plus_days('cast(max(day) as timestamp)', 1) }} as counted_until,
        max(last_sign_at) as last_sign_at,
        max(last_event_at) as newest_event_at,
        max(case when is_unreadable then day end) as unreadable_on
    from {{ ref('fct_log_heartbeat') }}
    group by stream_id, event_type
)

select
    expected.system_id,
    expected.event_type,
    streams.stream_id,
    streams.starts_on,
    coalesce(streams.is_quiet, false) as is_quiet,
    streams.max_silence_hours,
    streams.sampling,
    streams.destinations,
    best.destination_type,
    best.destination_ref as destination,
    streams.are_stores_found,
    coalesce(streams.is_nowhere, true) as is_nowhere,
    best.retention_days,
    best.effective_days as effective_retention_days,
    best.assured_days as assured_retention_days,
    streams.unread_reason,
    best.oldest_event_at,
    beats.newest_event_at,
    beats.last_sign_at,
    beats.counted_from,
    beats.counted_until,
    beats.unreadable_on
from expected
left join streams on streams.system_id = expected.system_id and streams.event_type = expected.event_type
left join best
    on best.system_id = streams.system_id and best.event_type = streams.event_type and best.stream_id = streams.stream_id
left join beats on beats.stream_id = streams.stream_id and beats.event_type = streams.event_type
