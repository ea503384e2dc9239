{#- Reviews that the calendar demands, with those that were held: the calendar decides what is missing, not the register. #}
{%- set control = 'ctl_ac_10__access_reviews_are_held' -%}
{%- set zone = "'" ~ parameter_of(control, 'review_tz') ~ "'" -%}

with systems as (
    select
        system_id,
        account_source,
        access_reviewer,
        access_review_deputy,
        access_review_in,
        in_scope_from,
        in_scope_to,
        coalesce(try_cast(fiscal_year_start_month as bigint), 1) as first_month
    from ({{ newest(ref('stg_registers__systems')) }}) as register
    where in_use and access_review_required
),

engagement as (select * from {{ ref('dim_engagement') }}),

{#- A quarter begins every third month, counted from the month in which the system's fiscal year begins. #}
beginnings as (
    select
        systems.*,
        engagement.window_start,
        engagement.window_end,
        calendar.day as quarter_start,
        cast(floor(((extract(month from calendar.day) - systems.first_month + 12) % 12) / 3.0) as bigint) + 1 as quarter_no
    from systems
    cross join engagement
    cross join {{ each_day(date_plus('engagement.window_start', -200), as_of_day()) }} as calendar(day)
    where extract(day from calendar.day) = 1
        and (extract(month from calendar.day) - systems.first_month + 12) % 3 = 0
),

quarters as (
    select
        *,
        {{ date_plus(plus_months('quarter_start', 3), -1) }} as quarter_end,
        {{ date_plus(plus_months('quarter_start', '12 - 3 * (quarter_no - 1)'), -1) }} as fiscal_year_end
    from beginnings
),

due as (
    select
        *,
        cast(extract(year from fiscal_year_end) as varchar) || '-Q' || cast(quarter_no as varchar) as review_period,
        {{ date_plus('quarter_end', parameter_of(control, 'due_days_after_quarter_end')) }} as due_date
    from quarters
    {#- What comes into scope within a quarter is reviewed from the next one on. #}
    where (in_scope_from is null or in_scope_from <= quarter_start)
        and (in_scope_to is null or in_scope_to >= quarter_end)
),

expected as (
    select
        *,
        {{ local_to_utc('cast(quarter_start as timestamp)', zone) }} as quarter_start_at,
        {{ local_to_utc('cast(' ~ date_plus('due_date', 1) ~ ' as timestamp)', zone) }} as due_end_at
    from due
    where due_date >= window_start and (due_date <= window_end or quarter_end >= {{ as_of_day() }})
),

reviews as (
    select *
    from ({{ newest(ref('stg_registers__access_reviews')) }}) as register
),

{#- The listing that shows the accounts of the snapshot: the nearest one, if it is near enough. #}
listings as (
    select
        reviews.review_id,
        runs.run_no,
        runs.observed_at
    from reviews
    inner join systems on systems.system_id = reviews.system_id
    inner join {{ ref('int_account_runs_numbered') }} as runs
        on runs.source_id = systems.account_source
        and abs({{ hours_between('reviews.snapshot_at', 'runs.observed_at') }})
            <= {{ parameter_of('ctl_ac_11__access_reviews_list_every_account', 'listing_within_hours') }}
    qualify row_number() over (
        partition by reviews.review_id order by abs({{ hours_between('reviews.snapshot_at', 'runs.observed_at') }}), runs.run_no
    ) = 1
),

refs as (select * from {{ ref('int_person_refs') }})

select
    expected.review_period,
    expected.system_id,
    expected.account_source,
    expected.quarter_start,
    expected.quarter_end,
    expected.quarter_start_at,
    expected.due_date,
    expected.due_end_at,
    expected.access_reviewer,
    expected.access_review_deputy,
    expected.access_review_in,
    reviews.review_id,
    reviews.reviewer_id,
    reviewers.person_key as reviewer_key,
    reviews.snapshot_at,
    case when reviews.completed_at <= {{ as_of() }} then reviews.completed_at end as completed_at,
    reviews.signed_by,
    signers.person_key as signer_key,
    case when reviews.signed_at <= {{ as_of() }} then reviews.signed_at end as signed_at,
    reviews.report_sha256,
    reviews.reassigned_to,
    successors.person_key as successor_key,
    listings.run_no as listing_run_no,
    listings.observed_at as listing_observed_at,
    {#- A quarter reviewed twice counts by the review that was done first. #}
    row_number() over (
        partition by expected.review_period, expected.system_id
        order by case when reviews.completed_at <= {{ as_of() }} then 0 else 1 end, reviews.completed_at, reviews.review_id
    ) = 1 as is_main
from expected
left join reviews on reviews.review_period = expected.review_period and reviews.system_id = expected.system_id
left join listings on listings.review_id = reviews.review_id
left join refs as reviewers on reviewers.ref = reviews.reviewer_id
left join refs as signers on signers.ref = reviews.signed_by
left join refs as successors on successors.ref = reviews.reassigned_to
