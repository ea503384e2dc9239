with accounts as (
    select *
    from {{ ref('dim_account') }}
    where valid_to is null
        and can_sign_in is not false
        and (source_id in ('okta', 'aws_iam') or (source_id = 'github' and status <> 'outside_collaborator'))
),

links as (
    select *
    from {{ ref('bridge_account_person') }}
    where valid_to is null
),

people as (select * from {{ ref('dim_person') }}),

report as (
    select *
    from {{ ref('stg_aws_iam__credential_report') }}
    where _day = {{ as_of_day() }}
),

audit_log as (
    select count(*) > 0 as is_connected
    from ({{ newest(ref('stg_registers__systems')) }}) as systems
    where system_id = 'github_audit_log' and in_use
),

population as (
    select
        accounts.source_id,
        accounts.account_id,
        accounts.login,
        accounts.kind,
        accounts.can_sign_in,
        links.person_key,
        coalesce(links.person_key, links.owner_key) as owner_key,
        people.current_status as hris_status,
        {#- Membership has no date of its own: with the audit log connected, silence counts from our first sight of it. #}
        case
            when accounts.created_at is not null then accounts.created_at
            when accounts.source_id = 'github' and audit_log.is_connected then accounts.first_seen_at
        end as created_at,
        accounts.last_activity_at,
        accounts.activity_signal,
        accounts.source_id = 'github' and not audit_log.is_connected and accounts.last_activity_at is null as has_no_signal,
        case when accounts.kind in ('service', 'break_glass') then {{ param('service_stale_days') }} else {{ param('stale_days') }} end
            as limit_days,
        {{ plus_days(as_of(), '-' ~ param('never_used_grace_days')) }} as never_used_before,
        report.password_enabled,
        coalesce(report.password_last_changed_at, report.user_created_at) as password_set_at,
        report.password_last_used_at,
        report.access_key_1_active,
        coalesce(report.access_key_1_last_rotated_at, report.user_created_at) as access_key_1_set_at,
        report.access_key_1_last_used_at,
        report.access_key_2_active,
        coalesce(report.access_key_2_last_rotated_at, report.user_created_at) as access_key_2_set_at,
        report.access_key_2_last_used_at
    from accounts
    cross join audit_log
    left join links on links.source_id = accounts.source_id and links.account_id = accounts.account_id
    left join people on people.person_key = links.person_key
    left join report
        on accounts.source_id = 'aws_iam'
        and report.user_name = accounts.login
        and abs({{ hours_between('accounts.created_at', 'report.user_created_at') }}) * 3600 <= 1
),

measured as (
    select
        *,
        {{ plus_days(as_of(), '-limit_days') }} as stale_before,
        {{ days_between('coalesce(last_activity_at, created_at)', as_of()) }} as days_inactive
    from population
),

compared as (
    select
        *,
        coalesce(last_activity_at <= stale_before, false) as is_stale,
        coalesce(last_activity_at is null and created_at <= never_used_before, false) as is_never_used,
        can_sign_in is null or has_no_signal or (last_activity_at is null and created_at is null) as is_unknown,
        {% for credential, enabled in [('password', 'password_enabled'), ('access_key_1', 'access_key_1_active'), ('access_key_2', 'access_key_2_active')] -%}
        coalesce(
            {{ enabled }} and (
                {{ credential }}_last_used_at <= stale_before
                or ({{ credential }}_last_used_at is null and {{ credential }}_set_at <= {{ oldest_of(['never_used_before', 'stale_before']) }})
            ),
            false
        ) as is_{{ credential }}_idle{{ ',' if not loop.last }}
        {% endfor %}
    from measured
),

coded as (
    select
        *,
        is_password_idle or is_access_key_1_idle or is_access_key_2_idle as has_idle_credential,
        {{ 'coalesce(hris_status = \'on_leave\', false)' if param_value('leave_exempt') else 'false' }} as is_excluded,
        {{ codes([
            ('STALE', 'is_stale and not is_unknown'),
            ('NEVER_USED', 'is_never_used and not is_unknown'),
            ('STALE_CREDENTIAL', 'not is_unknown and not is_stale and not is_never_used and (is_password_idle or is_access_key_1_idle or is_access_key_2_idle)'),
        ]) }} as codes
    from compared
)

select
    source_id || '|' || account_id as entity_key,
    login as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_excluded') }} as result,
    codes,
    case
        when is_excluded then 'Owner is on leave, which is exempt by the company''s own parameter.'
        when can_sign_in is null then 'The credential report has no row for this user: whether and when it signs in is not known.'
        when has_no_signal then 'GitHub shows no sign-in and no activity of this member was seen: neither used nor unused is proven.'
        when is_unknown then 'Neither a use nor a creation time is known.'
        when is_stale
            then 'Last used ' || cast(cast(floor(days_inactive) as bigint) as varchar) || ' days ago (' || activity_signal || '); the limit is '
                || cast(limit_days as varchar) || ' days.'
                || case when hris_status = 'on_leave' then ' The owner is on leave: suspend the account.' else '' end
        when is_never_used
            then 'Never used since its creation ' || cast(cast(floor(days_inactive) as bigint) as varchar) || ' days ago.'
                || case when hris_status = 'on_leave' then ' The owner is on leave: suspend the account.' else '' end
        when has_idle_credential
            then 'The account is used, but an enabled credential is not:'
                || case when is_password_idle then ' console password' else '' end
                || case when is_access_key_1_idle then ' access key 1' else '' end
                || case when is_access_key_2_idle then ' access key 2' else '' end || '.'
        when last_activity_at is null then 'Not used yet; known for less than the grace period.'
        else 'Used within ' || cast(limit_days as varchar) || ' days (' || activity_signal || ').'
    end as reason,
    source_id,
    account_id,
    login,
    kind,
    person_key,
    created_at,
    last_activity_at,
    activity_signal as signal,
    days_inactive,
    hris_status,
    {{ demands([
        ('unused_credentials', "source_id = 'aws_iam'"),
    ]) }} as demands
from coded
