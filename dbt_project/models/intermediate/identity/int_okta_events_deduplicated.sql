{{ config(materialized='view') }}

select *
from {{ ref('int_okta_events_seen') }}
where occurred_at <= {{ as_of() }}
