with expected as (
    select distinct 'arn:aws:s3:::' || bucket_name as store_id
    from {{ ref('stg_aws_trail_config__trails') }}
    where _day = {{ as_of_day() }} and bucket_name is not null
)

select
    'stores_judged' as check_name,
    'aws_trail_config.trails' as scope,
    count(*) as expected,
    count(judged.entity_key) as actual,
    count(*) = count(judged.entity_key) and count(*) > 0 as passed,
    'buckets that trails write into, each with a row' as detail
from expected
left join {{ ref('ctl_li_02__logs_are_not_deleted') }} as judged on judged.entity_key = expected.store_id
