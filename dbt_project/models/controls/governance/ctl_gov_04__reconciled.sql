with register as (
    select
        count(case when report_type = 'type_2' then 1 end) * 13 + count(case when coalesce(report_type, '') <> 'type_2' then 1 end) * 12 as actions
    from ({{ newest(ref('stg_registers__engagement')) }}) as register
),

checks as (
    select
        'actions_of_each_engagement' as check_name,
        'registers.engagement' as scope,
        (select actions from register) as expected,
        (select count(*) from {{ ref('ctl_gov_04__milestones_are_on_schedule') }}) as actual,
        'thirteen actions for each Type II engagement, twelve for each Type I' as detail
    union all
    select
        'milestone_rows_placed',
        'registers.milestones',
        (select count(*) from ({{ newest(ref('stg_registers__milestones')) }}) as register),
        (select count(*) from {{ ref('fct_milestone') }} where is_registered),
        'rows of the register, each of an action of an engagement'
)

{{ checks_agree('checks') }}
