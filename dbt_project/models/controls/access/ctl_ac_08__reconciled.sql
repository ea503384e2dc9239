with listed as (
    select source_id, count(distinct event_id) as events
    from {{ ref('ctl_ac_08__admins_change_iam') }} as judged
    inner join {{ ref('fct_admin_event') }} using (event_id)
    group by source_id
),

-- Counted from the logs anew, without people and without the normalisation.
trail as (
    select count(distinct event_id) as events
    from {{ ref('stg_aws_trail__events') }}
    cross join {{ ref('dim_engagement') }} as engagement
    where occurred_at >= cast(engagement.window_start as timestamp)
        and occurred_at <= {{ as_of() }}
        and error_code is null
        and event_source in ('iam.amazonaws.com', 'sso.amazonaws.com', 'organizations.amazonaws.com', 'identitystore.amazonaws.com')
        and (
            event_name like 'Create%' or event_name like 'Put%' or event_name like 'Attach%' or event_name like 'Detach%'
            or event_name like 'Update%' or event_name like 'Delete%' or event_name like 'Add%' or event_name like 'Remove%'
            or event_name = 'SetDefaultPolicyVersion'
        )
        and not {{ item_in("split_part(event_source, '.', 1) || ':' || event_name", text_list(parameter_of('ctl_ac_08__admins_change_iam', 'self_service_events') or [])) }}
),

directory as (
    select count(distinct event_id) as events
    from {{ ref('stg_okta__system_log') }}
    cross join {{ ref('dim_engagement') }} as engagement
    where occurred_at >= cast(engagement.window_start as timestamp)
        and occurred_at <= {{ as_of() }}
        and outcome = 'SUCCESS'
        and (event_type like 'user.account.privilege.%' or event_type like 'group.privilege.%')
),

accounts as (
    select
        count(*) as accounts,
        coalesce(sum(case when is_own then 1 else 0 end), 0) as read_accounts
    from {{ ref('fct_trail_day') }}
    where day = {{ as_of_day() }} and is_observed and coalesce(state, 'ACTIVE') = 'ACTIVE'
),

checks as (
    select
        'cloud_events_have_rows' as check_name,
        'aws_trail.events' as scope,
        trail.events as expected,
        coalesce((select events from listed where source_id = 'aws_iam'), 0) as actual,
        'changes of identities and permissions in the trail against rows' as detail
    from trail
    union all
    select
        'directory_events_have_rows',
        'okta.system_log',
        directory.events,
        coalesce((select events from listed where source_id = 'okta'), 0),
        'privileges given and taken in the system log against rows'
    from directory
    union all
    select 'every_account_read', 'aws_trail.events', accounts, read_accounts, 'active accounts of the organisation whose events are extracted'
    from accounts
    union all
    -- Only there to prove an empty population.
    select 'no_admin_events', 'aws_trail.events', 0, trail.events + directory.events, 'changes of identities and permissions in the window'
    from trail
    cross join directory
    where trail.events + directory.events = 0
)

{{ checks_agree('checks', also="(check_name <> 'every_account_read' or expected > 0)") }}
