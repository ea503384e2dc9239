with checks as (
    {{ review_lines_judged(ref('ctl_ac_13__review_lines_are_derived'), 'lines_recomputed', 'lines in the register against lines recomputed') }}

    union all

    select 'no_review_in_window', 'registers.access_reviews', 0, count(*), 'reviews of the window in the register'
    from {{ ref('fct_access_review') }}
    where review_id is not null
    having count(*) = 0
)

{{ checks_agree('checks', unread_fails=true) }}
