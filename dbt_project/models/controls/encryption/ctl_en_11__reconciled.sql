with enabled as (
    select region
    from {{ ref('stg_aws_data__regions') }}
    where _day = {{ as_of_day() }} and is_enabled
),

answers as (
    select *
    from {{ ref('stg_aws_data__kms_keys') }}
    where _day = {{ as_of_day() }}
),

read_regions as (
    -- A key that was denied does not make its region unread.
    select distinct region
    from answers
    where error_code is null or key_arn is not null
),

counted as (
    select
        region,
        coalesce(max(listed_count), 0) as listed,
        count(key_arn) as kept
    from answers
    group by region
),

checks as (
    select
        'regions_read' as check_name,
        'aws_data.kms_keys' as scope,
        (select count(*) from enabled) as expected,
        (select count(*) from read_regions where region in (select region from enabled)) as actual,
        'enabled regions whose keys were listed' as detail
    union all
    select 'keys_per_region', region, listed, kept, 'keys that ListKeys names, each described or denied by name'
    from counted
    union all
    select
        'keys_kept',
        'aws_data.kms_keys',
        (select count(distinct key_arn) from answers),
        (select count(*) from {{ ref('dim_key') }} where valid_to is null),
        'keys of the provider, each a row of the population or excluded with a reason'
    union all
    -- Only there to prove an empty population: every region answered and none has a key of our own.
    select 'no_customer_keys', 'aws_data.kms_keys', 0, 0, 'customer-managed keys in all enabled regions'
    where (select count(*) from enabled) > 0
        and (select count(*) from enabled) = (select count(*) from read_regions where region in (select region from enabled))
        and not exists (select 1 from answers where manager = 'CUSTOMER' or (key_arn is not null and error_code is not null))
)

{{ checks_agree('checks', also="(check_name <> 'regions_read' or expected > 0)") }}
