with listed as (
    select coalesce(account_id, 'unknown') as account_id, count(*) as buckets
    from {{ ref('stg_aws_storage__buckets') }}
    where _day = {{ as_of_day() }} and bucket_name is not null
    group by coalesce(account_id, 'unknown')
),

kept as (
    select
        account_id,
        count(*) as buckets,
        sum(case when tagged_class is not null or is_registered then 1 else 0 end) as placed
    from {{ ref('dim_bucket') }}
    where valid_to is null
    group by account_id
),

refused as (
    select count(*) as answers
    from (
        select error_status from {{ ref('stg_aws_storage__bucket_encryption') }} where _day = {{ as_of_day() }}
        union all
        select error_status from {{ ref('stg_aws_storage__bucket_tagging') }} where _day = {{ as_of_day() }}
    ) as answered
    where error_status is not null and error_status <> 404
),

checks as (
    select
        'buckets_listed' as check_name,
        listed.account_id as scope,
        listed.buckets as expected,
        coalesce(kept.buckets, 0) as actual,
        'buckets of the account, each a row of the population' as detail
    from listed
    left join kept on kept.account_id = listed.account_id
    union all
    select
        'buckets_placed',
        kept.account_id,
        kept.buckets,
        kept.placed,
        'buckets with a class tag or a line in the register of data stores'
    from kept
    union all
    select 'answers_read', 'aws_storage', 0, refused.answers, 'questions about a bucket that were refused'
    from refused
)

{{ checks_agree('checks') }}
