-- Systems that must log reads of personal data, and every store of personal data: a stream names it and, where the
-- stream is a trail's, the trail keeps reads of its objects.
with named as (
    select distinct item.value as store_id, stores.stream_id, stores.system_id = 'aws' as is_trail
    from {{ ref('int_log_stores_read') }} as stores
    cross join {{ each_item('stores.data_stores') }} as item(value)
    where {{ includes('stores.event_types', "'pii_access'") }}
),

personal as (
    select store_id, name, kind, owner_key
    from {{ ref('dim_data_store') }}
    where classification = 'pii' and is_discovered
),

selected as (
    select
        personal.store_id,
        max(case when {{ selects_objects_of('selectors.selectors', 'selectors.advanced_selectors', 'personal.store_id', 'read') }} then 1 else 0 end) = 1 as is_kept,
        max(case when selectors.error_code is not null or selectors.trail_arn is null then 1 else 0 end) = 1 as is_unread
    from personal
    left join {{ ref('stg_aws_trail_config__event_selectors') }} as selectors on selectors._day = {{ as_of_day() }}
    where personal.kind = 'bucket'
    group by personal.store_id
),

stores as (
    select
        personal.store_id,
        personal.name,
        personal.owner_key,
        min(named.stream_id) as stream_id,
        max(case when personal.kind = 'bucket' and named.is_trail and not selected.is_kept then 1 else 0 end) = 1 as is_left_out,
        max(case when personal.kind = 'bucket' and named.is_trail and not selected.is_kept and selected.is_unread then 1 else 0 end) = 1 as is_unread
    from personal
    left join named on named.store_id = personal.store_id
    left join selected on selected.store_id = personal.store_id
    group by personal.store_id, personal.name, personal.owner_key
),

judged as (
    select
        *,
        {{ codes([('NOT_LOGGED', 'stream_id is null or (is_left_out and not is_unread)')]) }} as codes
    from stores
)

select * from (
    {{ log_streams_judged('pii_access') }}
) as streams
union all
select
    store_id || '|pii_access' as entity_key,
    'reads of ' || name as entity_name,
    owner_key,
    {{ row_result(unknown='is_unread') }} as result,
    codes,
    case
        when stream_id is null then 'The store holds personal data and no stream names it.'
        when is_unread then 'Unknown: what the trail selects could not be read.'
        when is_left_out then 'The trail keeps no reads of objects of this bucket.'
        else 'Reads are in ' || stream_id || ', which has a row of its own.'
    end as reason,
    store_id as system_id,
    'pii_access' as event_type,
    stream_id,
    cast(null as varchar) as destination,
    cast(null as bigint) as retention_days,
    cast(null as bigint) as effective_retention_days,
    cast(null as timestamp) as oldest_event_at,
    cast(null as timestamp) as newest_event_at,
    cast(null as timestamp) as gap_from,
    cast(null as timestamp) as gap_to
from judged
