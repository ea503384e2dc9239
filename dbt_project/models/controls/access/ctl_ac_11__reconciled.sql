with reviews as (
    select *
    from {{ ref('fct_access_review') }}
    where review_id is not null
),

{#- Straight from the listing of the snapshot, which is where the cover of the report counts too. #}
enabled as (
    select reviews.review_id, count(distinct observed.account_id) as accounts
    from reviews
    inner join {{ ref('int_accounts_observed') }} as observed
        on observed.source_id = reviews.account_source and observed.run_no = reviews.listing_run_no
    where observed.can_sign_in and (observed.created_at is null or observed.created_at <= reviews.snapshot_at)
    group by reviews.review_id
),

lines as (
    select reviews.review_id, count(*) as lines
    from reviews
    inner join ({{ newest(ref('stg_registers__access_review_lines')) }}) as register on register.review_id = reviews.review_id
    group by reviews.review_id
),

judged as (
    select
        review_id,
        count(case when is_enabled and account_id is not null then 1 end) as enabled_accounts,
        sum(lines) as lines
    from {{ ref('ctl_ac_11__access_reviews_list_every_account') }}
    group by review_id
),

{#- What one review has too many makes up for nothing that another lacks. #}
checks as (
    select
        'enabled_accounts_judged' as check_name,
        'listings of the snapshots' as scope,
        coalesce(sum(enabled.accounts), 0) as expected,
        coalesce(sum(enabled.accounts - abs(enabled.accounts - coalesce(judged.enabled_accounts, 0))), 0) as actual,
        'accounts of the listing that could sign in at the snapshot against rows of this control' as detail
    from enabled
    left join judged on judged.review_id = enabled.review_id

    union all

    select
        'lines_judged',
        'registers.access_review_lines',
        coalesce(sum(lines.lines), 0),
        coalesce(sum(lines.lines - abs(lines.lines - coalesce(judged.lines, 0))), 0),
        'lines in the register against lines in rows of this control'
    from lines
    left join judged on judged.review_id = lines.review_id

    union all

    select 'no_completed_or_due_review', 'registers.access_reviews', 0, count(*), 'reviews completed or due in the window'
    from reviews
    where completed_at is not null or {{ as_of() }} >= due_end_at
    having count(*) = 0
)

{{ checks_agree('checks', unread_fails=true) }}
