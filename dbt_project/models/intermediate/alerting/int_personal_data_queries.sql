{{ config(materialized='by_day', reads=['app_pii_access_log.events'], key='event_id') }}

select _day, _seq, event_id, occurred_at, lower(trim(account)) as account, person_ref, store_id
from {{ ref('stg_app_pii_access_log__events') }}
where _day >= {{ first_new_day() }} and event_id is not null and event_type = 'query'
qualify row_number() over (partition by event_id order by _day, _seq) = 1
