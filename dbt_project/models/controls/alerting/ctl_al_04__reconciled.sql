with stores as (
    select stores.store_id, max(case when events.store_id is not null then 1 else 0 end) as is_logged
    from {{ ref('dim_data_store') }} as stores
    left join {{ ref('stg_app_pii_access_log__events') }} as events
        on events.store_id in (stores.store_id, stores.name) and events._day = {{ as_of_day() }}
    where stores.classification = 'pii' and stores.kind in ('database', 'warehouse')
    group by stores.store_id
),

landed as (
    select distinct event_id
    from {{ ref('stg_app_pii_access_log__events') }}
    where _day = {{ as_of_day() }} and event_id is not null and event_type = 'query'
),

counted as (
    select count(*) as expected, count(kept.event_id) as actual
    from landed
    left join {{ ref('int_personal_data_queries') }} as kept on kept.event_id = landed.event_id
)

{{ counts_agree('stores_are_logged', 'app_pii_access_log.events', 'count(*)', 'coalesce(sum(is_logged), 0)', 'databases and warehouses of personal data, by the register of data stores, against those with a query or heartbeat') }}
from stores

union all

{{ counts_agree('queries_counted', 'app_pii_access_log.events', 'counted.expected', 'counted.actual', 'queries landed on the day judged against those that are kept') }}
from counted

union all

-- Only stands here when it holds; that the log was whole is LG-03's.
select 'no_excess', 'app_pii_access_log.events', 0, 0, true, 'no excess was recomputed'
where not exists (select 1 from {{ ref('fct_pii_burst') }})
