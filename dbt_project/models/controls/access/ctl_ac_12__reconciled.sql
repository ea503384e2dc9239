with reviews as (
    select *
    from {{ ref('fct_access_review') }}
    where review_id is not null
),

lines as (
    select reviews.review_id, count(*) as lines
    from reviews
    inner join ({{ newest(ref('stg_registers__access_review_lines')) }}) as register on register.review_id = reviews.review_id
    group by reviews.review_id
),

judged as (
    select review_id, count(line_no) as lines
    from {{ ref('ctl_ac_12__review_decisions_are_executed') }}
    group by review_id
),

{#- What one review has too many makes up for nothing that another lacks. #}
checks as (
    select
        'decided_and_undecided' as check_name,
        'registers.access_review_lines' as scope,
        coalesce(sum(lines.lines), 0) as expected,
        coalesce(sum(lines.lines - abs(lines.lines - coalesce(judged.lines, 0))), 0) as actual,
        'lines in the register against lines judged, decided or not' as detail
    from lines
    left join judged on judged.review_id = lines.review_id

    union all

    select 'no_due_review', 'registers.access_reviews', 0, count(*), 'reviews completed or due in the window'
    from reviews
    where completed_at is not null or {{ as_of() }} >= due_end_at
    having count(*) = 0
)

select
    check_name,
    scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    coalesce(expected = actual, false) as passed,
    detail
from checks
