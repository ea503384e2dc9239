{#-
  Changes of identities and permissions in the window, with who made them and for whom: of the cloud, the identity
  provider and the code host. Refused calls changed nothing. The actor of a role's session stands in the session's name
  or source identity, never in the role; that of an emergency session in its register.
-#}
{%- set control = 'ctl_ac_08__admins_change_iam' -%}
{%- set pipelines = parameter_of(control, 'pipeline_principals') or [] -%}
{%- set self_service = parameter_of(control, 'self_service_events') or [] -%}

with engagement as (select cast(window_start as timestamp) as window_start_at from {{ ref('dim_engagement') }}),

identities as (
    select source_id, account_id, lower(login) as login, person_key, resolution, valid_from
    from {{ ref('bridge_account_person') }}
),

trail as (
    select
        *,
        coalesce(
            {{ json_text('record', '$.userIdentity.sessionContext.sessionIssuer.arn') }},
            {{ role_of_session('principal_arn') }}
        ) as role_arn,
        {{ json_text('record', '$.userIdentity.principalId') }} as principal_id,
        lower(coalesce({{ json_text('record', '$.userIdentity.sessionContext.sourceIdentity') }}, session_name)) as session_user,
        lower({{ json_text('request_parameters', '$.userName') }}) as target_user_name,
        {{ json_text('request_parameters', '$.roleName') }} as target_role_name
    from {{ ref('stg_aws_trail__events') }}
    where event_id is not null
        and error_code is null
        and occurred_at <= {{ as_of() }}
        and event_source in ('iam.amazonaws.com', 'sso.amazonaws.com', 'organizations.amazonaws.com', 'identitystore.amazonaws.com')
        and {{ matches_regex('event_name', "'^(Create|Put|Attach|Detach|Update|Delete|Add|Remove|SetDefaultPolicyVersion)'") }}
        and not {{ item_in("split_part(event_source, '.', 1) || ':' || event_name", text_list(self_service)) }}
    qualify row_number() over (partition by event_id order by _day desc, _seq desc) = 1
),

audit as (
    select *
    from {{ ref('stg_github__audit_log') }}
    where event_id is not null
        and occurred_at <= {{ as_of() }}
        and (action like 'team.%' or action in ('org.update_member', 'repo.add_member'))
    qualify row_number() over (partition by event_id order by _day desc, _seq desc) = 1
),

changes as (
    select
        event_id,
        'aws_iam' as source_id,
        event_name,
        occurred_at,
        coalesce(principal_arn, username) as actor,
        case when principal_type = 'IAMUser' then principal_id end as actor_account_id,
        case when principal_type = 'AssumedRole' then session_user end as actor_login,
        session_name,
        principal_type = 'AssumedRole' and (
            {{ matches_any_pattern('principal_arn', pipelines) }} or {{ matches_any_pattern('role_arn', pipelines) }}
        ) as is_pipeline,
        invoked_by is not null or coalesce(principal_type, '') = 'AWSService' as is_service_made,
        coalesce(target_user_name, target_role_name) as target,
        cast(null as varchar) as target_account_id,
        target_user_name as target_login,
        target_role_name is not null and {{ last_part('role_arn') }} = target_role_name as is_own_role,
        event_name in (
            'AttachUserPolicy', 'PutUserPolicy', 'AddUserToGroup', 'AttachRolePolicy', 'PutRolePolicy', 'CreateAccountAssignment'
        ) as is_addition
    from trail
    union all
    select
        event_id,
        'okta',
        event_type,
        occurred_at,
        actor_login,
        actor_id,
        null,
        null,
        false,
        coalesce(actor_type, '') = 'SystemPrincipal',
        target_login,
        target_user_id,
        null,
        false,
        event_type like '%.grant'
    from {{ ref('int_okta_events_deduplicated') }}
    where outcome = 'SUCCESS' and (event_type like 'user.account.privilege.%' or event_type like 'group.privilege.%')
    union all
    select
        event_id,
        'github',
        action,
        occurred_at,
        actor_login,
        actor_id,
        case when actor_id is null then lower(actor_login) end,
        null,
        false,
        {{ is_github_bot('actor_login', "''") }},
        coalesce(user_login, repo_full_name),
        user_id,
        case when user_id is null then lower(user_login) end,
        false,
        action in ('team.add_member', 'repo.add_member')
            or (action = 'org.update_member' and coalesce({{ json_text('record', '$.permission') }}, '') = 'admin')
    from audit
),

windowed as (
    select changes.*
    from changes
    cross join engagement
    where changes.occurred_at >= engagement.window_start_at
),

-- Whose account it was, by the version nearest to the event. A name of a session is a login of any system.
actors as (
    select
        windowed.event_id,
        identities.person_key,
        identities.resolution
    from windowed
    inner join identities
        on (identities.source_id = windowed.source_id and identities.account_id = windowed.actor_account_id)
        or (
            identities.login = windowed.actor_login
            and (windowed.source_id = 'aws_iam' and identities.source_id in ('okta', 'aws_iam') or identities.source_id = windowed.source_id)
        )
    qualify row_number() over (
        partition by windowed.event_id, identities.source_id, identities.account_id
        order by abs({{ seconds_between('identities.valid_from', 'windowed.occurred_at') }})
    ) = 1
),

one_actor as (
    select
        event_id,
        case when count(distinct person_key) = 1 then min(person_key) end as person_key,
        max(case when resolution = 'service' then 1 else 0 end) = 1 as is_service
    from actors
    group by event_id
),

targets as (
    select
        windowed.event_id,
        identities.person_key
    from windowed
    inner join identities
        on identities.source_id = windowed.source_id
        and (identities.account_id = windowed.target_account_id or identities.login = windowed.target_login)
    qualify row_number() over (
        partition by windowed.event_id order by abs({{ seconds_between('identities.valid_from', 'windowed.occurred_at') }})
    ) = 1
),

emergencies as (
    select event.event_id, sessions.person_key
    from {{ ref('fct_break_glass_session') }} as sessions
    cross join {{ each_item('sessions.event_ids') }} as event(event_id)
)

select
    windowed.event_id,
    windowed.source_id,
    windowed.event_name,
    windowed.occurred_at,
    windowed.actor,
    windowed.session_name,
    case
        when windowed.is_service_made then 'provider'
        when windowed.is_pipeline then 'pipeline'
        when coalesce(emergencies.person_key, one_actor.person_key) is not null then 'person'
        when one_actor.is_service then 'service'
        else 'unresolved'
    end as actor_kind,
    case
        when not windowed.is_pipeline and not windowed.is_service_made then coalesce(emergencies.person_key, one_actor.person_key)
    end as person_key,
    windowed.target,
    targets.person_key as target_key,
    windowed.is_addition,
    windowed.is_addition
        and (
            windowed.is_own_role
            or coalesce(targets.person_key = coalesce(emergencies.person_key, one_actor.person_key), false)
        ) as is_self_grant
from windowed
left join one_actor on one_actor.event_id = windowed.event_id
left join targets on targets.event_id = windowed.event_id
left join emergencies on emergencies.event_id = windowed.event_id
