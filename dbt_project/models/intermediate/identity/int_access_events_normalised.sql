{#-
  Audit events that enable or disable an access, in one form. Only events that succeeded. Cloud events name the user:
  they count for the user of that name who existed at the time, so that a re-created user does not inherit them.
#}
{%- set suspend_counts = parameter_of('ctl_ac_14__leavers_lose_access', 'suspend_counts') -%}

with okta as (
    select
        'okta' as source_id,
        target_user_id as account_id,
        occurred_at,
        event_type in ('user.lifecycle.create', 'user.lifecycle.activate', 'user.lifecycle.reactivate', 'user.lifecycle.unsuspend')
            as is_enabled,
        event_id
    from {{ ref('int_okta_events_deduplicated') }}
    where outcome = 'SUCCESS'
        and event_type in (
            'user.lifecycle.create', 'user.lifecycle.activate', 'user.lifecycle.reactivate', 'user.lifecycle.unsuspend',
            {{ "'user.lifecycle.suspend', " if suspend_counts }}'user.lifecycle.deactivate', 'user.lifecycle.delete.initiated'
        )
),

trail as (
    select
        event_id,
        event_name,
        occurred_at,
        {{ json_text('request_parameters', '$.userName') }} as user_name,
        {{ json_text('request_parameters', '$.accessKeyId') }} as access_key_id,
        {{ json_text('request_parameters', '$.status') }} as key_status
    from {{ ref('stg_aws_trail__events') }}
    where error_code is null
        and occurred_at <= {{ as_of() }}
        and event_source = 'iam.amazonaws.com'
        and event_name in ('CreateLoginProfile', 'DeleteLoginProfile', 'DeleteUser', 'UpdateAccessKey', 'DeleteAccessKey')
    qualify row_number() over (partition by event_id order by _day desc, _seq desc) = 1
),

users as (
    select account_id, login, min(created_at) as created_at
    from {{ ref('int_account_identities_versioned') }}
    where source_id = 'aws_iam'
    group by account_id, login
),

trail_of_users as (
    select trail.*, users.account_id
    from trail
    inner join users on users.login = trail.user_name and users.created_at <= trail.occurred_at
    qualify row_number() over (partition by trail.event_id order by users.created_at desc) = 1
),

passwords as (
    select
        'aws_iam' as source_id,
        account_id,
        occurred_at,
        event_name = 'CreateLoginProfile' as is_enabled,
        event_id
    from trail_of_users
    where event_name in ('CreateLoginProfile', 'DeleteLoginProfile', 'DeleteUser')
),

keys as (
    select
        'aws_iam_key' as source_id,
        access_key_id as account_id,
        occurred_at,
        event_name = 'UpdateAccessKey' and key_status = 'Active' as is_enabled,
        event_id
    from trail
    where event_name in ('UpdateAccessKey', 'DeleteAccessKey') and access_key_id is not null
),

members as (
    select account_id, lower(login) as login
    from {{ ref('int_account_identities_versioned') }}
    where source_id = 'github'
    qualify row_number() over (partition by account_id order by version_no desc) = 1
),

github as (
    select
        'github' as source_id,
        members.account_id,
        audit_events.occurred_at,
        audit_events.action = 'org.add_member' as is_enabled,
        audit_events.event_id
    from {{ ref('stg_github__audit_log') }} as audit_events
    inner join members
        on coalesce(audit_events.user_id, lower(audit_events.user_login))
            = case when audit_events.user_id is null then members.login else members.account_id end
    where audit_events.action in ('org.add_member', 'org.remove_member', 'org.remove_outside_collaborator')
        and audit_events.occurred_at <= {{ as_of() }}
    qualify row_number() over (partition by audit_events.event_id order by audit_events._day desc, audit_events._seq desc) = 1
)

select * from okta
union all
select * from passwords
union all
select * from keys
union all
select * from github
