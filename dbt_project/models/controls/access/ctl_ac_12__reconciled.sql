with checks as (
    {{ review_lines_judged(ref('ctl_ac_12__review_decisions_are_executed'), 'decided_and_undecided', 'lines in the register against lines judged, decided or not') }}

    union all

    select 'no_due_review', 'registers.access_reviews', 0, count(*), 'reviews completed or due in the window'
    from {{ ref('fct_access_review') }}
    where review_id is not null and (completed_at is not null or {{ as_of() }} >= due_end_at)
    having count(*) = 0
)

{{ checks_agree('checks', unread_fails=true) }}
