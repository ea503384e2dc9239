with checks as (
    select
        'stores_judged' as check_name,
        'registers.data_stores' as scope,
        count(*) as expected,
        coalesce(sum(case when judged.entity_key is not null then 1 else 0 end), 0) as actual,
        'production stores of the register whose backup is required, each a row of the population' as detail
    from {{ ref('int_data_stores_registered') }} as stores
    left join {{ ref('ctl_en_10__backups_have_their_own_key') }} as judged on judged.entity_key = stores.store_id
    where stores.environment = 'production' and coalesce(stores.backup_required, true)

    union all

    -- A copy may be in any region.
    select check_name, scope, expected, actual, detail
    from {{ ref('ctl_en_09__reconciled') }}
    where check_name in ('regions_read', 'recovery_points_counted')
)

{{ checks_agree('checks', also="(check_name <> 'regions_read' or expected > 0)") }}
