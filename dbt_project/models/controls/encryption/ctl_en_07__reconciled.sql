with judged as (
    select kind, provider, secret_id
    from {{ ref('ctl_en_07__secrets_are_in_a_manager') }}
),

listed as (
    select provider, secret_id
    from {{ ref('dim_secret') }}
    where parameter_type is null or parameter_type = 'SecureString'
),

alerts as (
    select distinct alerts.repo_full_name, alerts.alert_number
    from {{ ref('stg_github__secret_alerts') }} as alerts
    cross join {{ ref('dim_engagement') }} as engagement
    where alerts._day = {{ as_of_day() }}
        and (alerts.state is distinct from 'resolved' or alerts.resolved_at >= cast(engagement.window_start as timestamp))
),

checks as (
    -- Where secrets are listed is EN-08's to count.
    select check_name, scope, expected, actual, detail
    from {{ ref('ctl_en_08__reconciled') }}
    where check_name = 'regions_read'

    union all

    select
        'secrets_judged',
        'dim_secret',
        (select count(*) from listed),
        (
            select count(*)
            from listed
            inner join judged on judged.kind = 'secret' and judged.provider = listed.provider and judged.secret_id = listed.secret_id
        ),
        'secrets of the managers and the register, each a row of the population'

    union all

    select
        'alerts_judged',
        'github.secret_alerts',
        (select count(*) from alerts),
        (select count(*) from judged where kind = 'alert'),
        'alerts that are open or were resolved in the window, each a row of the population'

    union all

    select
        'repositories_judged',
        'github.repositories',
        (select count(*) from {{ ref('dim_repo') }} where in_scope and not is_deleted),
        (select count(*) from judged where kind = 'repository'),
        'repositories in scope, each a row that says whether it is scanned'
)

{{ checks_agree('checks', also="(check_name <> 'regions_read' or expected > 0)") }}
