with names as (
    select * from {{ ref('dim_public_hostname') }}
),

checks as (
    select
        'names_probed' as check_name,
        'tls_probe.answers' as scope,
        (select count(*) from names where is_registered) as expected,
        count(distinct lower(answers.hostname)) as actual,
        'registered names, each asked on the day judged' as detail
    from {{ ref('stg_tls_probe__answers') }} as answers
    inner join names on names.hostname = lower(answers.hostname)
    where answers._day = {{ as_of_day() }} and names.is_registered

    union all

    select
        'names_registered',
        'aws_edge',
        count(*),
        sum(case when is_registered then 1 else 0 end),
        'names the cloud answers to, each in the register'
    from names
    where found_in is not null
)

select
    check_name,
    scope,
    cast(expected as bigint) as expected,
    cast(coalesce(actual, 0) as bigint) as actual,
    expected = coalesce(actual, 0) as passed,
    detail
from checks
