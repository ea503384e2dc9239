with registered as (
    select *, lower(coalesce(purpose, '')) like '%break%glass%' as is_break_glass
    from ({{ newest(ref('stg_registers__service_accounts')) }}) as register
),

links as (
    select *
    from {{ ref('bridge_account_person') }}
    where valid_to is null
),

{#- GitHub Apps have no seat: they are listed by their installations. -#}
live as (
    select
        accounts.source_id,
        accounts.account_id,
        accounts.login,
        accounts.kind,
        coalesce(links.resolution, 'orphan') as resolution,
        false as is_installation,
        false as is_suspended,
        coalesce(held.permissions, {{ empty_list() }}) as permissions
    from {{ ref('dim_account') }} as accounts
    left join links on links.source_id = accounts.source_id and links.account_id = accounts.account_id
    left join {{ ref('int_account_permissions') }} as held
        on held.source_id = accounts.source_id and held.account_id = accounts.account_id
    where accounts.valid_to is null and accounts.can_sign_in is not false

    union all

    select
        'github',
        'installation:' || installation_id,
        app_slug,
        'unknown',
        'orphan',
        true,
        suspended_at is not null,
        coalesce({{ json_pairs('permissions') }}, {{ empty_list() }})
    from {{ ref('stg_github__installations') }}
    where _day = {{ as_of_day() }}
),

joined as (
    select
        coalesce(live.source_id, registered.source_id) as source_id,
        coalesce(live.account_id, registered.account_id) as account_id,
        coalesce(live.login, registered.login) as login,
        live.account_id is not null as is_live,
        registered.account_id is not null as is_registered,
        coalesce(registered.is_break_glass, false) as is_break_glass,
        coalesce(live.is_suspended, false) as is_suspended,
        live.permissions as held,
        registered.permissions as registered_permissions,
        registered.owner_id,
        registered.purpose,
        registered.review_due,
        coalesce(
            live.is_installation
            or {{ matches_any_pattern('lower(live.login)', param_value('name_patterns') or []) }}
            or (live.kind = 'unknown' and live.source_id = 'github')
            or (live.kind = 'unknown' and live.source_id = 'aws_iam' and live.resolution <> 'resolved'),
            false
        ) as is_service_like
    from live
    full outer join registered on registered.source_id = live.source_id and registered.account_id = live.account_id
),

users as (
    select account_id, login, min(created_at) as created_at
    from {{ ref('int_account_identities_versioned') }}
    where source_id = 'aws_iam'
    group by account_id, login
),

sign_ins as (
    select 'okta' as source_id, actor_id as account_id, occurred_at
    from {{ ref('int_okta_events_deduplicated') }}
    where event_type = 'user.session.start' and outcome = 'SUCCESS'

    union all

    {#- The name counts for the user who bore it at the time. #}
    select 'aws_iam', users.account_id, events.occurred_at
    from {{ ref('stg_aws_trail__events') }} as events
    inner join users on users.login = events.username and users.created_at <= events.occurred_at
    where events.event_name = 'ConsoleLogin'
        and {{ json_text('events.record', '$.responseElements.ConsoleLogin') }} = 'Success'
    qualify row_number() over (partition by events.event_id order by users.created_at desc, events._day desc) = 1

    union all

    select 'aws_iam', users.account_id, report.password_last_used_at
    from {{ ref('stg_aws_iam__credential_report') }} as report
    inner join users
        on users.login = report.user_name
        and abs({{ hours_between('users.created_at', 'report.user_created_at') }}) * 3600 <= 1
    where report._day = {{ as_of_day() }}
),

last_sign_ins as (
    select sign_ins.source_id, sign_ins.account_id, max(sign_ins.occurred_at) as last_interactive_login_at
    from sign_ins
    inner join {{ ref('dim_engagement') }} as engagement on sign_ins.occurred_at >= cast(engagement.window_start as timestamp)
    where sign_ins.occurred_at <= {{ as_of() }}
    group by sign_ins.source_id, sign_ins.account_id
),

owners as (
    select refs.ref, people.person_key, people.current_status
    from {{ ref('int_person_refs') }} as refs
    inner join {{ ref('dim_person') }} as people on people.person_key = refs.person_key
),

unread as (
    select count(*) > 0 as is_unread
    from {{ ref('stg_okta__group_members') }}
    where _day = {{ as_of_day() }} and error_code is not null
),

facts as (
    select
        joined.*,
        owners.person_key as owner_key,
        coalesce(owners.current_status in ('active', 'on_leave'), false) as has_owner,
        last_sign_ins.last_interactive_login_at,
        {{ not_covered('joined.held', 'joined.registered_permissions') }} as excess,
        joined.source_id = 'okta' and coalesce(unread.is_unread, false) as is_scope_unread
    from joined
    left join owners on owners.ref = joined.owner_id
    left join last_sign_ins on last_sign_ins.source_id = joined.source_id and last_sign_ins.account_id = joined.account_id
    left join unread on true
    where joined.is_registered or joined.is_service_like
),

judged as (
    select
        *,
        {{ codes([
            ('UNREGISTERED', 'not is_registered'),
            ('OWNER_INACTIVE', 'is_registered and not has_owner'),
            ('INTERACTIVE_LOGIN', 'not is_break_glass and last_interactive_login_at is not null'),
            ('SCOPE_EXCEEDED', 'is_registered and coalesce(not ' ~ is_empty_list('excess') ~ ', false)'),
            ('REVIEW_OVERDUE', 'is_registered and (review_due < ' ~ as_of_day() ~ ' or review_due > ' ~ date_plus(as_of_day(), param('review_max_age_days')) ~ ')'),
        ]) }} as codes,
        is_registered and (registered_permissions is null or review_due is null or is_scope_unread) as is_unknown,
        not is_live or is_suspended as is_excluded
    from facts
)

select
    source_id || '|' || account_id as entity_key,
    login as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_excluded') }} as result,
    codes,
    case
        when not is_live then 'Registered, but no such account is enabled: take it out of the register.'
        when is_suspended then 'The installation is suspended.'
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'UNREGISTERED'") ~ " then 'It looks like a service and is not in the register' end",
                "case when " ~ includes('codes', "'OWNER_INACTIVE'") ~ " then 'Its owner ' || coalesce(owner_id, '(nobody)') || ' does not work here' end",
                "case when " ~ includes('codes', "'INTERACTIVE_LOGIN'") ~ " then 'It signed in like a person, last at ' || cast(last_interactive_login_at as varchar) || ' UTC' end",
                "case when " ~ includes('codes', "'SCOPE_EXCEEDED'") ~ " then 'It holds more than is registered: ' || " ~ comma_separated('excess') ~ " end",
                "case when " ~ includes('codes', "'REVIEW_OVERDUE'") ~ " then 'Its review is due on ' || cast(review_due as varchar) end",
            ]) }} || '.'
        when is_scope_unread then 'The groups of the identity provider could not be listed: what it holds is not known.'
        when is_unknown then 'The register does not say what it may do or when it is reviewed.'
        else 'Registered, owned and within what is registered.'
    end as reason,
    source_id,
    account_id,
    owner_id as owner,
    purpose,
    is_registered,
    last_interactive_login_at,
    held as permissions,
    review_due
from judged
