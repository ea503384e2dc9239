with judged as (
    select count(*) as rows from {{ ref('ctl_gov_01__scope_follows_from_the_facts') }}
),

register as (
    select
        count(*) as rows,
        count(case when engagements.engagement_id is not null or scope.engagement_id is null then 1 end) as placed
    from ({{ newest(ref('stg_registers__scope')) }}) as scope
    left join ({{ newest(ref('stg_registers__engagement')) }}) as engagements
        on scope.engagement_id = engagements.engagement_id
),

checks as (
    select
        'five_categories_for_each_engagement' as check_name,
        'registers.engagement' as scope,
        (
            select 5 * count(*)
            from ({{ newest(ref('stg_registers__engagement')) }}) as register
            where coalesce(closed_on > {{ as_of_day() }}, true)
        ) as expected,
        judged.rows as actual,
        'engagements that are not closed, five categories each' as detail
    from judged

    union all

    select
        'scope_rows_placed',
        'registers.scope',
        register.rows,
        register.placed,
        'rows of the register that are of every engagement or of one that is registered'
    from register
)

{{ checks_agree('checks') }}
