{{ config(materialized='by_day', reads=['okta.system_log'], key='event_id') }}

select *
from {{ ref('stg_okta__system_log') }}
where error_code is null and event_id is not null and _day >= {{ first_new_day() }}
qualify row_number() over (partition by event_id order by _day, _seq) = 1
