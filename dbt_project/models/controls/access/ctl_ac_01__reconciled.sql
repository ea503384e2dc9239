with users as (
    select *
    from {{ ref('stg_okta__users') }}
    where _day = {{ as_of_day() }} and error_code is null
),

receipt as (
    select extracts.rows, extracts.api_reported_total
    from {{ source('meta', 'selected_runs') }} as selected
    inner join {{ source('meta', 'extract_runs') }} as extracts
        on extracts.run_id = selected.run_id and extracts.source_id = selected.source_id
    where selected.source_id = 'okta.users' and selected.logical_date = {{ as_of_day() }}
),

listed as (
    select count(distinct user_id) as users from users
),

deactivated as (
    select distinct target_user_id as user_id
    from {{ ref('int_okta_events_deduplicated') }}
    where event_type = 'user.lifecycle.deactivate' and outcome = 'SUCCESS' and target_user_id is not null
),

deleted as (
    select distinct target_user_id as user_id
    from {{ ref('int_okta_events_deduplicated') }}
    where event_type like 'user.lifecycle.delete.%' and outcome = 'SUCCESS' and target_user_id is not null
),

still_existing as (
    select
        count(*) as expected,
        count(users.user_id) as actual
    from deactivated
    left join deleted on deleted.user_id = deactivated.user_id
    left join users on users.user_id = deactivated.user_id
    where deleted.user_id is null
),

asked as (
    select
        count(*) as expected,
        count(factors.user_id) as actual
    from {{ ref('ctl_ac_01__humans_have_mfa') }} as control
    left join (
        select distinct user_id
        from {{ ref('stg_okta__factors') }}
        where _day = {{ as_of_day() }}
    ) as factors on factors.user_id = control.account_id
    where control.result <> 'excluded'
),

checks as (
    select
        'users_listed' as check_name,
        'okta.users' as scope,
        max(coalesce(receipt.api_reported_total, receipt.rows)) as expected,
        max(listed.users) as actual,
        'distinct users of all statuses against the total of the extract' as detail
    from listed
    left join receipt on true

    union all

    select 'deprovisioned_listed', 'okta.users', expected, actual,
        'users the system log saw deactivated and not deleted against those of them that are listed'
    from still_existing

    union all

    select 'factors_asked', 'okta.factors', expected, actual, 'accounts in the population against answers to a request for their factors'
    from asked
)

{{ checks_agree('checks', unread_fails=true) }}
