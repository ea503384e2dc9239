with listings as (
    select *
    from (values
        ('okta', 'okta.users'), ('aws_iam', 'aws_iam.users'), ('github', 'github.members')
    ) as listed (source_id, extract_id)
),

receipts as (
    select
        listings.source_id,
        listings.extract_id,
        max(coalesce(extracts.api_reported_total, extracts.rows)) as total
    from listings
    left join {{ source('meta', 'selected_runs') }} as selected
        on selected.source_id = listings.extract_id and selected.logical_date = {{ as_of_day() }}
    left join {{ source('meta', 'extract_runs') }} as extracts
        on extracts.run_id = selected.run_id and extracts.source_id = selected.source_id
    group by listings.source_id, listings.extract_id
),

accounts as (
    select *
    from {{ ref('dim_account') }}
    where valid_to is null and snapshot_day = {{ as_of_day() }} and status <> 'outside_collaborator'
),

counted as (
    select
        source_id,
        count(distinct account_id) as accounts,
        count(distinct case when can_sign_in is not false then account_id end) as enabled
    from accounts
    group by source_id
),

judged as (
    select source_id, count(*) as rows_judged
    from {{ ref('ctl_ac_03__accounts_are_used') }}
    group by source_id
),

report as (
    select count(*) as users
    from {{ ref('stg_aws_iam__credential_report') }}
    where _day = {{ as_of_day() }} and user_name <> '<root_account>'
),

signals as (
    select
        count(*) as expected,
        count(case when can_sign_in is not null then 1 end) as actual
    from accounts
    where source_id = 'aws_iam'
),

checks as (
    select
        'accounts_listed' as check_name,
        receipts.extract_id as scope,
        receipts.total as expected,
        coalesce(counted.accounts, 0) as actual,
        'accounts of the day against the total of the extract' as detail
    from receipts
    left join counted on counted.source_id = receipts.source_id

    union all

    select 'enabled_judged', receipts.extract_id, coalesce(counted.enabled, 0), coalesce(judged.rows_judged, 0),
        'accounts that can sign in against rows of this control'
    from receipts
    left join counted on counted.source_id = receipts.source_id
    left join judged on judged.source_id = receipts.source_id

    union all

    select 'report_covers_users', 'aws_iam.credential_report', report.users, coalesce(max(counted.accounts), 0),
        'users of the credential report against users of the account'
    from report
    left join counted on counted.source_id = 'aws_iam'
    group by report.users

    union all

    select 'signals_of_same_day', 'aws_iam.credential_report', expected, actual,
        'cloud users against those with a credential report row of the same day and creation time'
    from signals
)

{{ checks_agree('checks', unread_fails=true) }}
