with enabled as (
    select source_id, count(*) as accounts
    from {{ ref('dim_account') }}
    where valid_to is null and can_sign_in is not false
    group by source_id
),

classified as (
    select
        links.source_id,
        count(case when links.resolution = 'resolved' then 1 end)
        + count(case when links.resolution = 'orphan' then 1 end)
        + count(case when links.resolution = 'ambiguous' then 1 end)
        + count(case when links.resolution = 'service' then 1 end) as accounts
    from {{ ref('bridge_account_person') }} as links
    inner join {{ ref('dim_account') }} as accounts
        on accounts.source_id = links.source_id and accounts.account_id = links.account_id
    where links.valid_to is null and accounts.valid_to is null and accounts.can_sign_in is not false
    group by links.source_id
),

judged as (
    select source_id, count(*) as accounts
    from {{ ref('ctl_ac_16__accounts_belong_to_current_people') }}
    where source_id <> 'person'
    group by source_id
),

checks as (
    select
        'classes_sum_to_enabled' as check_name,
        enabled.source_id as scope,
        enabled.accounts as expected,
        coalesce(classified.accounts, 0) as actual,
        'enabled accounts against resolved, orphan, ambiguous and service accounts' as detail
    from enabled
    left join classified on classified.source_id = enabled.source_id

    union all

    select 'enabled_judged', enabled.source_id, enabled.accounts, coalesce(judged.accounts, 0),
        'enabled accounts against rows of this control'
    from enabled
    left join judged on judged.source_id = enabled.source_id
)

{{ checks_agree('checks', unread_fails=true) }}
