{#-
  Emergency sessions as the logs tell them and as the register knows them, both ways. Uses of one identity under one
  session name are one session while no gap is longer than session_merge_minutes.
-#}
{%- set control = 'ctl_ac_09__break_glass_is_accounted_for' -%}
{%- set merge_seconds = (parameter_of(control, 'session_merge_minutes') or 0) * 60 -%}
{%- set roles = parameter_of(control, 'break_glass_roles') or [] -%}

with engagement as (select cast(window_start as timestamp) as window_start_at from {{ ref('dim_engagement') }}),

emergency_accounts as (
    select source_id, account_id, lower(login) as login
    from ({{ newest(ref('stg_registers__service_accounts')) }}) as registered
    where lower(purpose) like '%break%glass%'
),

events as (
    select
        *,
        coalesce(
            {{ json_text('record', '$.userIdentity.sessionContext.sessionIssuer.arn') }},
            {{ role_of_session('principal_arn') }}
        ) as role_arn,
        {{ json_text('record', '$.userIdentity.principalId') }} as principal_id,
        lower({{ json_text('record', '$.userIdentity.userName') }}) as user_name,
        {{ json_text('request_parameters', '$.roleArn') }} as assumed_role_arn,
        coalesce(
            {{ json_text('request_parameters', '$.roleSessionName') }},
            {{ last_part(json_text('record', '$.responseElements.assumedRoleUser.arn')) }}
        ) as assumed_session_name,
        -- A sign-in that was refused is no use; a call refused within a session is one.
        event_name not in ('ConsoleLogin', 'AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity')
            or (
                error_code is null
                and coalesce({{ json_text('record', '$.responseElements.ConsoleLogin') }}, 'Success') = 'Success'
            ) as is_use
    from {{ ref('stg_aws_trail__events') }}
    where event_id is not null and invoked_by is null and occurred_at <= {{ as_of() }}
    qualify row_number() over (partition by event_id order by _day desc, _seq desc) = 1
),

uses as (
    select
        event_id,
        occurred_at,
        'aws_role' as source_id,
        coalesce(case when event_name like 'AssumeRole%' then assumed_role_arn end, role_arn) as identity,
        coalesce(case when event_name like 'AssumeRole%' then assumed_session_name end, session_name) as session_name
    from events
    where is_use
        and (
            (principal_type = 'AssumedRole' and {{ matches_any_pattern('role_arn', roles) }})
            or (event_name like 'AssumeRole%' and {{ matches_any_pattern('assumed_role_arn', roles) }})
        )
    union all
    select event_id, occurred_at, 'aws_root', 'root', null
    from events
    where is_use and principal_type = 'Root' and coalesce({{ json_text('record', '$.eventType') }}, '') <> 'AwsServiceEvent'
    union all
    select events.event_id, events.occurred_at, 'aws_iam', emergency_accounts.login, null
    from events
    inner join emergency_accounts
        on emergency_accounts.source_id = 'aws_iam'
        and (emergency_accounts.account_id = events.principal_id or emergency_accounts.login = events.user_name)
    where events.is_use and events.principal_type = 'IAMUser'
    union all
    select log.event_id, log.occurred_at, 'okta', emergency_accounts.login, null
    from {{ ref('int_okta_events_deduplicated') }} as log
    inner join emergency_accounts on emergency_accounts.source_id = 'okta' and emergency_accounts.account_id = log.actor_id
    where log.event_type = 'user.session.start' and log.outcome = 'SUCCESS'
),

marked as (
    select
        uses.*,
        case
            when {{ seconds_between('lag(occurred_at) over one_identity', 'occurred_at') }} <= {{ merge_seconds }} then 0
            else 1
        end as opens_session
    from uses
    cross join engagement
    where uses.occurred_at >= engagement.window_start_at
    window one_identity as (partition by source_id, identity, session_name order by occurred_at, event_id)
),

numbered as (
    select
        *,
        sum(opens_session) over (
            partition by source_id, identity, session_name order by occurred_at, event_id rows unbounded preceding
        ) as session_no
    from marked
),

logged as (
    select
        source_id || '|' || coalesce(session_name, identity) || '|' || {{ instant_key('min(occurred_at)') }} as session_id,
        source_id,
        identity,
        session_name,
        min(occurred_at) as first_use_at,
        max(occurred_at) as last_use_at,
        {{ ordered_list('event_id', 'occurred_at, event_id') }} as event_ids
    from numbered
    group by source_id, identity, session_name, session_no
),

registered as (select * from ({{ newest(ref('stg_registers__break_glass')) }}) as register where session_name is not null),

matched as (
    select
        logged.session_id,
        registered.session_name as register_ref
    from logged
    inner join registered
        on (
            (logged.source_id = 'aws_role' and registered.session_name = logged.session_name)
            or (logged.source_id <> 'aws_role' and lower(registered.identity) = logged.identity)
        )
        and logged.last_use_at >= {{ plus_seconds('registered.started_at', -merge_seconds) }}
        and logged.first_use_at <= {{ plus_seconds('coalesce(registered.ended_at, ' ~ as_of() ~ ')', merge_seconds) }}
    qualify row_number() over (
        partition by logged.session_id
        order by abs({{ seconds_between('registered.started_at', 'logged.first_use_at') }}), registered.session_name
    ) = 1
),

sessions as (
    select
        logged.session_id,
        logged.source_id,
        logged.identity,
        logged.session_name,
        logged.first_use_at,
        logged.last_use_at,
        logged.event_ids,
        matched.register_ref
    from logged
    left join matched on matched.session_id = logged.session_id
    union all
    select
        'register|' || registered.session_name,
        null,
        registered.identity,
        registered.session_name,
        null,
        null,
        {{ empty_list() }},
        registered.session_name
    from registered
    cross join engagement
    where registered.session_name not in (select register_ref from matched)
        and (registered.started_at is null or registered.started_at >= engagement.window_start_at)
        and (registered.started_at is null or registered.started_at <= {{ as_of() }})
)

select
    sessions.session_id,
    sessions.source_id,
    sessions.identity,
    sessions.session_name,
    sessions.first_use_at,
    sessions.last_use_at,
    sessions.event_ids,
    sessions.register_ref,
    registered.started_at as registered_started_at,
    registered.ended_at as registered_ended_at,
    registered.person_id,
    users.person_key,
    registered.requested_at,
    registered.justification,
    registered.incident_id,
    registered.is_drill,
    registered.approved_by,
    approvers.person_key as approver_key,
    registered.approved_at,
    registered.reviewed_by,
    reviewers.person_key as reviewer_key,
    registered.reviewed_at,
    registered.credential_rotated_at
from sessions
left join registered on registered.session_name = sessions.register_ref
left join {{ ref('int_person_refs') }} as users on users.ref = registered.person_id
left join {{ ref('int_person_refs') }} as approvers on approvers.ref = registered.approved_by
left join {{ ref('int_person_refs') }} as reviewers on reviewers.ref = registered.reviewed_by
