with judged as (
    select count(distinct person_key) as people from {{ ref('ctl_gov_07__background_checks_precede_access') }}
),

checks as (
    select
        'holders_of_production' as check_name,
        'AC-04' as scope,
        (
            select count(distinct person_key)
            from {{ ref('ctl_ac_04__permissions_fit_the_role') }}
            where permission is not null
                and {{ any_covers(text_list(parameter_of('ctl_ac_04__permissions_fit_the_role', 'production_permissions') or []), 'permission') }}
        ) as expected,
        judged.people as actual,
        'people with a permission of production in AC-04 against rows' as detail
    from judged

    union all

    select
        'checks_placed',
        'registers.background_checks',
        count(*),
        count(people.person_key),
        'rows of the register that name somebody who is known'
    from ({{ newest(ref('stg_registers__background_checks')) }}) as register
    left join {{ ref('int_person_refs') }} as people on register.person_id = people.ref
)

{{ checks_agree('checks') }}
