with judged as (
    select *
    from {{ ref('ctl_ac_20__service_accounts_are_registered') }}
),

checks as (
    select
        'registry_judged' as check_name,
        'registers.service_accounts' as scope,
        count(*) as expected,
        (select count(*) from judged where is_registered) as actual,
        'lines of the register against rows of this control, whether or not the account is there' as detail
    from ({{ newest(ref('stg_registers__service_accounts')) }}) as register

    union all

    select
        'installations_judged',
        'github.installations',
        count(*),
        (select count(*) from judged where account_id like 'installation:%' and result <> 'excluded'),
        'installations of GitHub Apps that are not suspended against rows of this control'
    from {{ ref('stg_github__installations') }}
    where _day = {{ as_of_day() }} and suspended_at is null

    union all

    select 'no_service_account', 'registers.service_accounts', 0, count(*), 'accounts registered or found to look like a service'
    from judged
    having count(*) = 0
)

{{ checks_agree('checks', unread_fails=true) }}
