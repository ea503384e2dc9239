with users as (
    -- The report may be four hours old and still name a user who is gone; the account summary counts the users.
    select distinct user_name
    from {{ ref('stg_aws_iam__users') }}
    where _day = {{ as_of_day() }}
),

report as (
    select
        user_name,
        case when access_key_1_active then 1 else 0 end + case when access_key_2_active then 1 else 0 end as active_keys
    from {{ ref('stg_aws_iam__credential_report') }}
    where _day = {{ as_of_day() }} and user_name in (select user_name from users)
),

listed as (
    select
        user_name,
        count(access_key_id) as keys
    from {{ ref('stg_aws_iam__access_keys') }}
    where _day = {{ as_of_day() }}
    group by user_name
),

compared as (
    select
        report.user_name,
        report.active_keys,
        coalesce(listed.keys, 0) as listed_keys,
        listed.user_name is not null as is_asked
    from report
    left join listed on listed.user_name = report.user_name
),

figures as (
    select
        count(*) as users,
        coalesce(sum(case when listed_keys >= active_keys then 1 else 0 end), 0) as users_agreeing,
        coalesce(sum(case when is_asked then 1 else 0 end), 0) as users_asked,
        coalesce(sum(active_keys), 0) as active_keys,
        coalesce(sum(listed_keys), 0) as listed_keys
    from compared
),

checks as (
    select
        'keys_of_every_user' as check_name,
        'aws_iam.credential_report' as scope,
        users as expected,
        users_agreeing as actual,
        'users with at least as many keys listed as the credential report calls active' as detail
    from figures
    union all
    select 'users_asked', 'aws_iam.access_keys', users, users_asked, 'users of the credential report whose keys were listed'
    from figures
    union all
    -- Only there to prove an empty population.
    select 'no_active_keys', 'aws_iam.credential_report', 0, active_keys, 'active keys in the credential report'
    from figures
    where users > 0
        and active_keys = 0
        and not exists (
            select 1 from {{ ref('stg_aws_iam__access_keys') }} where _day = {{ as_of_day() }} and status = 'Active'
        )
)

{{ checks_agree('checks', also="(check_name = 'no_active_keys' or expected > 0)") }}
