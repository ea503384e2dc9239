with buckets as (
    select count(*) as buckets
    from {{ ref('stg_aws_storage__buckets') }}
    where _day = {{ as_of_day() }} and bucket_name is not null
),

judged as (
    select count(*) as buckets
    from {{ ref('ctl_cs_04__services_write_logs') }}
    where entity_key like 's3_access_logging|%'
)

{{ places_listed(ref('stg_aws_monitoring__resources'), 'aws_monitoring.resources') }}
union all
{{ counts_agree('buckets_judged', 'aws_storage.buckets', 'buckets.buckets', 'judged.buckets', 'buckets that the account lists, each with a row') }}
from buckets
cross join judged
