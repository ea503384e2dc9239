-- Buckets and databases the provider lists, and stores that only the register knows: each is a row.
with listed as (
    select store_id from {{ ref('dim_bucket') }} where valid_to is null
    union
    select database_id from {{ ref('dim_database') }} where valid_to is null and role <> 'member'
    union
    select store_id from {{ ref('int_data_stores_registered') }}
),

counted as (
    select count(*) as expected, count(judged.entity_key) as actual
    from listed
    left join {{ ref('ctl_cf_01__data_stores_are_classified') }} as judged on judged.entity_key = listed.store_id
)

{{ counts_agree('stores_judged', 'aws_storage, aws_data and registers', 'expected', 'actual', 'stores that a provider lists or the register names, each a row of the population', some=true) }}
from counted
