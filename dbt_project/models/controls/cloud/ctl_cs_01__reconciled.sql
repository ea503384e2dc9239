with expected as (
    select cast(max(users) as bigint) as users
    from {{ ref('stg_aws_iam__account_summary') }}
    where _day = {{ as_of_day() }}
),

found as (
    select count(*) as users
    from {{ ref('ctl_cs_01__iam_is_in_order') }}
    where entity_key like 'console_user_mfa|%'
)

{{ counts_agree('users_judged', 'aws_iam.account_summary', 'expected.users', 'found.users', 'users that the account summary counts, each with a row') }}
from expected
cross join found
