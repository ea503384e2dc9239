with judged as (
    select * from {{ ref('ctl_gov_08__policies_are_current_and_acknowledged') }}
),

-- Policies that everybody acknowledges, each by everybody who works here, as HR and the register of contractors tell.
headcount as (
    select count(distinct person_key) as people
    from {{ ref('dim_employment_spell') }}
    where start_effective_at <= {{ as_of() }} and coalesce(end_effective_at > {{ as_of() }}, true)
        and person_key in (select person_key from {{ ref('int_people_merged') }} where is_listed)
),

checks as (
    select
        'active_people' as check_name,
        policy_id as scope,
        headcount.people as expected,
        count(distinct person_key) as actual,
        'people employed or under contract in this moment against rows' as detail
    from judged
    cross join headcount
    where person_key is not null
    group by policy_id, headcount.people

    union all

    select
        'policies_listed',
        'registers.policies',
        (select count(distinct policy_id) from ({{ newest(ref('stg_registers__policies')) }}) as register),
        (
            select count(*) from judged
            where person_key is null
                and policy_id in (select policy_id from ({{ newest(ref('stg_registers__policies')) }}) as register)
        ),
        'policies of the register against rows'
)

{{ checks_agree('checks') }}
