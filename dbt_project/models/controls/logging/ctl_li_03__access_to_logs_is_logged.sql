-- Which events of objects the trails take that log, per store. A selector of one bucket ends in '/', one of a folder in it
-- does not cover the bucket.
with selectors as (
    select
        chosen.trail_arn,
        chosen.selectors,
        chosen.advanced_selectors,
        chosen.error_code is not null or status.is_logging is null as is_unread
    from {{ ref('stg_aws_trail_config__event_selectors') }} as chosen
    left join {{ ref('stg_aws_trail_config__trail_status') }} as status
        on status._day = chosen._day and status.trail_arn = chosen.trail_arn
    where chosen._day = {{ as_of_day() }} and coalesce(status.is_logging, true)
),

unread as (
    select count(*) as trails from selectors where is_unread
),

events as (
    select
        stores.store_id,
        max(case when {{ selects_objects_of('selectors.selectors', 'selectors.advanced_selectors', 'stores.store_id', 'write') }} then 1 else 0 end) = 1 as logs_writes,
        max(case when {{ selects_objects_of('selectors.selectors', 'selectors.advanced_selectors', 'stores.store_id', 'read') }} then 1 else 0 end) = 1 as logs_reads
    from {{ ref('dim_log_store') }} as stores
    cross join selectors
    where not selectors.is_unread
    group by stores.store_id
),

stores as (
    select
        store.*,
        coalesce(events.logs_writes, false) as logs_writes,
        coalesce(events.logs_reads, false) as logs_reads,
        store.access_log_bucket is not null and store.access_log_bucket <> store.bucket_name as has_access_log,
        records.has_record
    from {{ ref('dim_log_store') }} as store
    left join events on events.store_id = store.store_id
    left join {{ ref('stg_aws_log_integrity__access_records') }} as records
        on records._day = {{ as_of_day() }} and records.bucket_name = store.bucket_name and records.error_code is null
),

judged as (
    select
        stores.*,
        -- What is proven to be logged one way needs no other; what is not may be, where something was refused.
        (not stores.is_access_log_read or not stores.is_own or unread.trails > 0) and not (stores.logs_reads and stores.logs_writes)
            and not stores.has_access_log as is_unread,
        {{ codes([
            ('NO_ACCESS_LOG', 'stores.is_access_log_read and unread.trails = 0 and stores.access_log_bucket is null and not stores.logs_reads and not stores.logs_writes'),
            ('READS_NOT_LOGGED', 'stores.is_access_log_read and unread.trails = 0 and ' ~ param('read_events_required') ~ ' and stores.access_log_bucket is null and stores.logs_writes and not stores.logs_reads'),
            ('SELF_LOGGING_LOOP', 'coalesce(stores.access_log_bucket = stores.bucket_name, false)'),
            ('ACCESS_LOG_SILENT', 'stores.has_access_log and coalesce(not stores.has_record, false) and not (stores.logs_reads and stores.logs_writes)'),
        ]) }} as codes
    from stores
    cross join unread
)

select
    store_id as entity_key,
    bucket_name as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_unread') }} as result,
    codes,
    case
        when {{ includes('codes', "'SELF_LOGGING_LOOP'") }} then 'Accesses are written into the bucket itself, where whoever reaches it reaches them.'
        when {{ includes('codes', "'NO_ACCESS_LOG'") }} then 'Nothing writes down who reads or changes what is in the bucket.'
        when {{ includes('codes', "'READS_NOT_LOGGED'") }} then 'Who changes it is logged, who reads it is not.'
        when {{ includes('codes', "'ACCESS_LOG_SILENT'") }} then 'The access log got nothing in 30 days, although the warehouse reads the bucket every night.'
        when is_unread then 'Could not be read.'
        when logs_reads and logs_writes then 'A trail records every access.'
        else 'Accesses are written into ' || access_log_bucket || '.'
    end as reason,
    case when logs_reads and logs_writes then 'data events' when has_access_log then 'access log' when logs_writes then 'data events, writes only' end as mechanism,
    logs_reads or has_access_log as read_logged,
    access_log_bucket as target,
    {{ demands([('cloudtrail_bucket_access_logging', 'trail_count > 0')]) }} as demands
from judged
