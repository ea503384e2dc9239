with sessions as (select * from {{ ref('ctl_ac_09__break_glass_is_accounted_for') }}),

-- Root is told by its type alone, a session of a role by its ARN: counted apart from how the sessions were put together.
trail as (
    select count(distinct event_id) as uses
    from {{ ref('stg_aws_trail__events') }}
    cross join {{ ref('dim_engagement') }} as engagement
    where occurred_at >= cast(engagement.window_start as timestamp)
        and occurred_at <= {{ as_of() }}
        and error_code is null
        and invoked_by is null
        and event_name not in ('ConsoleLogin', 'AssumeRole')
        and (
            principal_type = 'Root'
            or (
                principal_type = 'AssumedRole'
                and {{ matches_any_pattern(role_of_session('principal_arn'), parameter_of('ctl_ac_09__break_glass_is_accounted_for', 'break_glass_roles') or []) }}
            )
        )
        and coalesce({{ json_text('record', '$.eventType') }}, '') <> 'AwsServiceEvent'
),

found as (
    select count(distinct event.event_id) as uses
    from sessions
    cross join {{ each_item('sessions.event_ids') }} as event(event_id)
    inner join {{ ref('stg_aws_trail__events') }} as events on events.event_id = event.event_id
    where events.error_code is null
        and events.event_name not in ('ConsoleLogin', 'AssumeRole')
        and events.principal_type in ('Root', 'AssumedRole')
),

registered as (
    select count(*) as sessions
    from ({{ newest(ref('stg_registers__break_glass')) }}) as register
    cross join {{ ref('dim_engagement') }} as engagement
    where register.started_at >= cast(engagement.window_start as timestamp) and register.started_at <= {{ as_of() }}
),

told as (
    select count(distinct register_ref) as sessions
    from {{ ref('fct_break_glass_session') }}
    cross join {{ ref('dim_engagement') }} as engagement
    where registered_started_at >= cast(engagement.window_start as timestamp)
        and session_id in (select session_id from sessions)
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
        'log_has_rows' as check_name,
        'aws_trail.events' as scope,
        trail.uses as expected,
        found.uses as actual,
        trail.uses = found.uses as passed,
        'calls of root and of emergency roles in the window that belong to a row' as detail
    from trail
    cross join found
    union all
    select
        'register_has_rows',
        'registers.break_glass',
        registered.sessions,
        told.sessions,
        registered.sessions = told.sessions,
        'sessions of the register in the window that belong to a row'
    from registered
    cross join told
    union all
    select
        'every_account_read',
        'aws_trail.events',
        accounts,
        read_accounts,
        accounts = read_accounts and accounts > 0,
        'active accounts of the organisation whose events are extracted'
    from accounts
    union all
    -- Only there to prove an empty population.
    select
        'no_use_and_no_register_row',
        'aws_trail.events',
        0,
        trail.uses + registered.sessions,
        true,
        'calls of emergency identities and rows of the register in the window'
    from trail
    cross join registered
    where trail.uses + registered.sessions = 0
)

select
    check_name,
    scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    passed,
    detail
from checks
