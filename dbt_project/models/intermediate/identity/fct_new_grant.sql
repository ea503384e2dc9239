{#-
  Grants that began in the window: by event, and where a listing shows one that no event tells of, by the
  difference of two listings. The first listing of a source is its baseline. Cloud policies and groups of users, groups
  of the identity provider, teams and repositories of the code host.
-#}
{%- set control = 'ctl_ac_19__access_is_approved_first' -%}
{%- set production = parameter_of(control, 'production_entitlements') or [] -%}

with engagement as (select cast(window_start as timestamp) as window_start_at from {{ ref('dim_engagement') }}),

identities as (
    select source_id, account_id, lower(login) as login, person_key, owner_key, valid_from
    from {{ ref('bridge_account_person') }}
),

trail as (
    select
        *,
        lower({{ json_text('request_parameters', '$.userName') }}) as user_name,
        case event_name
            when 'AddUserToGroup' then 'aws:group:' || {{ json_text('request_parameters', '$.groupName') }}
            when 'RemoveUserFromGroup' then 'aws:group:' || {{ json_text('request_parameters', '$.groupName') }}
            when 'PutUserPolicy' then 'aws:policy:' || {{ json_text('request_parameters', '$.policyName') }}
            when 'DeleteUserPolicy' then 'aws:policy:' || {{ json_text('request_parameters', '$.policyName') }}
            else 'aws:policy:' || {{ last_part(json_text('request_parameters', '$.policyArn')) }}
        end as entitlement
    from {{ ref('stg_aws_trail__events') }}
    where event_id is not null
        and error_code is null
        and occurred_at <= {{ as_of() }}
        and event_source = 'iam.amazonaws.com'
        and event_name in (
            'AttachUserPolicy', 'PutUserPolicy', 'AddUserToGroup', 'DetachUserPolicy', 'DeleteUserPolicy', 'RemoveUserFromGroup'
        )
    qualify row_number() over (partition by event_id order by _day desc, _seq desc) = 1
),

audit as (
    select
        *,
        case
            when action like 'team.%' then 'github:team:' || coalesce({{ json_text('record', '$.team') }}, '')
            else 'github:repo:' || coalesce(repo_full_name, '')
        end as entitlement
    from {{ ref('stg_github__audit_log') }}
    where event_id is not null
        and occurred_at <= {{ as_of() }}
        and action in ('team.add_member', 'team.remove_member', 'repo.add_member', 'repo.remove_member')
    qualify row_number() over (partition by event_id order by _day desc, _seq desc) = 1
),

told as (
    select
        trail.event_id,
        'aws_iam' as source_id,
        identities.account_id,
        trail.user_name as login,
        trail.entitlement,
        trail.occurred_at,
        trail.event_name in ('AttachUserPolicy', 'PutUserPolicy', 'AddUserToGroup') as is_grant
    from trail
    left join identities on identities.source_id = 'aws_iam' and identities.login = trail.user_name
    qualify row_number() over (
        partition by trail.event_id order by abs({{ seconds_between('identities.valid_from', 'trail.occurred_at') }})
    ) = 1
    union all
    select event_id, 'okta', target_user_id, lower(target_login), 'okta:group:' || target_group_name, occurred_at, event_type like '%.add'
    from {{ ref('int_okta_events_deduplicated') }}
    where outcome = 'SUCCESS' and event_type in ('group.user_membership.add', 'group.user_membership.remove') and target_group_name is not null
    union all
    select event_id, 'github', user_id, lower(user_login), entitlement, occurred_at, action like '%.add_member'
    from audit
),

-- What the listings of each day show.
group_names as (
    select _day, group_id, name
    from {{ ref('stg_okta__groups') }}
    where error_code is null and _day <= {{ as_of_day() }}
),

listed as (
    select members._day, 'okta' as source_id, members.user_id as account_id, 'okta:group:' || group_names.name as entitlement
    from (
        select _day, group_id, {{ unpacked('user_ids') }} as user_id
        from {{ ref('stg_okta__group_members') }}
        where error_code is null and _day <= {{ as_of_day() }}
    ) as members
    inner join group_names on group_names._day = members._day and group_names.group_id = members.group_id
    union all
    select users._day, 'aws_iam', users.user_id, 'aws:policy:' || {{ json_text('item.element', '$.PolicyName') }}
    from {{ ref('stg_aws_iam__users') }} as users
    cross join lateral {{ json_each('users.attached_policies') }} as item
    where users.error_code is null and users._day <= {{ as_of_day() }}
    union all
    select _day, 'aws_iam', user_id, 'aws:group:' || group_name
    from (
        select _day, user_id, {{ unpacked('group_names') }} as group_name
        from {{ ref('stg_aws_iam__users') }}
        where error_code is null and _day <= {{ as_of_day() }}
    ) as users
),

-- Days on which both of two listings of a system, or of one group, were read.
observed as (
    select source_id, scope, _day, lag(_day) over (partition by source_id, scope order by _day) as previous_day
    from (
        select distinct 'aws_iam' as source_id, '*' as scope, _day from {{ ref('stg_aws_iam__users') }} where error_code is null and _day <= {{ as_of_day() }}
        union
        select distinct 'okta', 'okta:group:' || group_names.name, members._day
        from {{ ref('stg_okta__group_members') }} as members
        inner join group_names on group_names._day = members._day and group_names.group_id = members.group_id
        where members.error_code is null
    ) as days
),

appeared as (
    select
        listed.source_id,
        listed.account_id,
        listed.entitlement,
        observed.previous_day,
        listed._day
    from listed
    inner join observed
        on observed.source_id = listed.source_id
        and observed.scope in ('*', listed.entitlement)
        and observed._day = listed._day
    left join listed as before
        on before.source_id = listed.source_id
        and before.account_id = listed.account_id
        and before.entitlement = listed.entitlement
        and before._day = observed.previous_day
    where observed.previous_day is not null and before.account_id is null
),

-- A listing is taken just after the moment its day is judged; an event up to two days before may be what it shows.
differences as (
    select appeared.*
    from appeared
    left join told
        on told.is_grant
        and told.source_id = appeared.source_id
        and told.account_id = appeared.account_id
        and told.entitlement = appeared.entitlement
        and cast(told.occurred_at as date) between {{ date_plus('appeared.previous_day', -1) }} and appeared._day
    where told.event_id is null
),

grants as (
    select
        source_id || '|' || event_id as grant_id,
        source_id,
        account_id,
        login,
        entitlement,
        occurred_at as granted_at,
        occurred_at as granted_after,
        'event' as evidence,
        event_id
    from told
    where is_grant
    union all
    select
        source_id || '|' || account_id || '|' || entitlement || '|' || cast(_day as varchar),
        source_id,
        account_id,
        null,
        entitlement,
        {{ plus_days('cast(_day as timestamp)', 1) }},
        cast(previous_day as timestamp),
        'snapshot',
        null
    from differences
),

removed as (
    select grants.grant_id, min(told.occurred_at) as removed_at
    from grants
    inner join told
        on not told.is_grant
        and told.source_id = grants.source_id
        and told.entitlement = grants.entitlement
        and (told.account_id = grants.account_id or told.login = grants.login)
        and told.occurred_at >= grants.granted_at
    group by grants.grant_id
),

people as (
    select grants.grant_id, identities.person_key, identities.owner_key, identities.login
    from grants
    inner join identities
        on identities.source_id = grants.source_id
        and (identities.account_id = grants.account_id or (grants.account_id is null and identities.login = grants.login))
    qualify row_number() over (
        partition by grants.grant_id order by abs({{ seconds_between('identities.valid_from', 'grants.granted_at') }})
    ) = 1
)

select
    grants.grant_id,
    grants.source_id,
    grants.account_id,
    coalesce(grants.login, people.login) as login,
    coalesce(people.person_key, people.owner_key) as person_key,
    grants.entitlement,
    grants.granted_at,
    grants.granted_after,
    grants.evidence,
    grants.event_id,
    {{ matches_any_pattern('grants.entitlement', production) }} as is_production,
    removed.removed_at,
    -- What a listing of the day shows is there; where there is no listing, the events tell.
    case
        when now.account_id is not null then true
        when removed.removed_at is not null then false
        when days.source_id is not null then false
        when grants.source_id = 'github' then true
    end as is_present
from grants
cross join engagement
left join people on people.grant_id = grants.grant_id
left join removed on removed.grant_id = grants.grant_id
left join (select distinct * from listed where _day = {{ as_of_day() }}) as now
    on now.source_id = grants.source_id and now.account_id = grants.account_id and now.entitlement = grants.entitlement
left join (select distinct source_id, scope from observed where _day = {{ as_of_day() }}) as days
    on days.source_id = grants.source_id and days.scope in ('*', grants.entitlement)
where grants.granted_at >= engagement.window_start_at
