-- Completeness of the required checks: no merged pull request is without a row.
with merged as (
    select * from {{ ref('fct_pull_request') }} where is_production_change
),

judged as (
    select distinct repo_id, pr_number from {{ ref('fct_pr_required_check') }}
),

counted as (
    select count(*) as expected, count(judged.pr_number) as actual
    from merged
    left join judged using (repo_id, pr_number)
)

{{ counts_agree('pull_requests_have_a_row', 'organisation', 'expected', 'actual', 'Pull requests merged into production branches, against those with at least one required check or a row that says none was.') }}
from counted

union all

-- Only stands here when it holds: with merged pull requests there is nothing to prove.
select
    'no_merged_pull_requests' as check_name,
    'organisation' as scope,
    cast(0 as bigint) as expected,
    cast(0 as bigint) as actual,
    true as passed,
    'No pull request was merged into a production branch in the window, as CM-03 proves.' as detail
from {{ ref('ctl_cm_03__reconciled') }} as unchanged
where unchanged.check_name = 'no_new_commits'
    and unchanged.passed
