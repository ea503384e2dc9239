-- Stores x the one interval judged: whatever a provider lists has one row.
with listed as (
    select database_id as store_id from {{ ref('dim_database') }} where valid_to is null
    union
    select store_id from {{ ref('dim_bucket') }} where valid_to is null
    union
    select store_id from {{ ref('int_data_stores_registered') }} where kind in ('database', 'cache', 'warehouse', 'table', 'bucket')
)

select
    'stores_judged' as check_name,
    'aws_data, aws_storage and registers' as scope,
    cast(count(*) as bigint) as expected,
    cast(count(judged.entity_key) as bigint) as actual,
    count(*) = count(judged.entity_key) and count(*) > 0 as passed,
    'databases and buckets that a provider lists or the register names, each judged for the newest interval' as detail
from listed
left join {{ ref('ctl_av_05__backups_complete_on_schedule') }} as judged on judged.entity_key = listed.store_id
