with listed as (
    select
        account_id,
        caller_account_id,
        error_code
    from {{ ref('stg_aws_trail_config__accounts') }}
    where _day = {{ as_of_day() }}
),

-- An account that is in no organisation stands for itself.
expected as (
    select account_id from listed where account_id is not null
    union
    select caller_account_id from listed where error_code is not null
),

found as (
    select distinct account_id
    from {{ ref('ctl_lg_09__trail_covers_everything') }}
    where day = {{ as_of_day() }}
),

checks as (
    select
        'accounts_have_a_row' as check_name,
        'aws_trail_config.accounts' as scope,
        count(expected.account_id) as expected,
        count(found.account_id) as actual,
        'accounts of the organisation, or the account itself, with a row for the day judged' as detail
    from expected
    left join found on found.account_id = expected.account_id
    union all
    select
        'organisation_asked',
        'aws_trail_config.accounts',
        1,
        case
            when count(*) > 0 and sum(case when error_code is not null and error_code <> 'AWSOrganizationsNotInUseException' then 1 else 0 end) = 0
                then 1
            else 0
        end,
        'the organisation listed its accounts, or there is none'
    from listed
)

{{ checks_agree('checks', also="expected > 0") }}
