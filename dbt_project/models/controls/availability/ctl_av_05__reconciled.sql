-- Stores x the one interval judged: whatever a provider lists has one row.
with listed as (
    select database_id as store_id from {{ ref('dim_database') }} where valid_to is null
    union
    select store_id from {{ ref('dim_bucket') }} where valid_to is null
    union
    select store_id from {{ ref('int_data_stores_registered') }} where kind in ('database', 'cache', 'warehouse', 'table', 'bucket')
)

{{ counts_agree('stores_judged', 'aws_data, aws_storage and registers', 'count(*)', 'count(judged.entity_key)', 'databases and buckets that a provider lists or the register names, each judged for the newest interval', some=true) }}
from listed
left join {{ ref('ctl_av_05__backups_complete_on_schedule') }} as judged on judged.entity_key = listed.store_id
