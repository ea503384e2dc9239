with accounts as (
    select
        count(*) as enabled,
        count(case when kind in ('human', 'unknown') then 1 end) as human
    from {{ ref('dim_account') }}
    where valid_to is null and can_sign_in is not false
),

registered as (
    select count(*) as accounts
    from {{ ref('bridge_account_person') }} as links
    inner join {{ ref('dim_account') }} as accounts
        on accounts.source_id = links.source_id and accounts.account_id = links.account_id
    where links.valid_to is null
        and accounts.valid_to is null
        and accounts.can_sign_in is not false
        and links.resolution = 'service'
),

judged as (
    select count(*) as accounts
    from {{ ref('ctl_ev_05__identities_are_resolved') }}
    where source_id <> 'person'
),

checks as (
    select 'human_accounts_judged' as check_name, 'dim_account' as scope, accounts.human as expected, judged.accounts as actual,
        'enabled accounts of people against rows of this control' as detail
    from accounts
    cross join judged

    union all

    select 'humans_and_services_sum', 'bridge_account_person', accounts.enabled, judged.accounts + registered.accounts,
        'enabled accounts against rows of this control plus registered service accounts'
    from accounts
    cross join judged
    cross join registered
)

{{ checks_agree('checks', unread_fails=true) }}
