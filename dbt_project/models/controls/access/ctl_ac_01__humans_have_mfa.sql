with users as (
    select *
    from {{ ref('stg_okta__users') }}
    where _day = {{ as_of_day() }} and error_code is null
),

factors as (
    select *
    from {{ ref('stg_okta__factors') }}
    where _day = {{ as_of_day() }}
    qualify row_number() over (partition by user_id order by _seq desc) = 1
),

accounts as (
    select *
    from {{ ref('dim_account') }}
    where source_id = 'okta' and valid_to is null
),

links as (
    select *
    from {{ ref('bridge_account_person') }}
    where source_id = 'okta' and valid_to is null
),

{#- A federated sign-in meets its second factor upstream; only an approved row of the register can say that it does. #}
upstream as (
    select count(*) > 0 as is_mapped
    from ({{ newest(ref('stg_registers__systems')) }}) as systems
    where adapter_group = 'idp' and in_use and mfa_provider_mapped and approved_by is not null
),

population as (
    select
        users.user_id as account_id,
        users.login,
        links.person_key,
        coalesce(links.person_key, links.owner_key) as owner_key,
        users.status,
        users.last_login_at,
        users._run_id as snapshot_id,
        accounts.first_seen_at as first_seen,
        factors.user_id is not null as was_asked,
        factors.error_code as factor_error,
        factors.factor_count,
        factors.active_factor_types as factor_types_active,
        coalesce(accounts.kind = 'service', false) as is_service,
        coalesce(users.provider_type = 'FEDERATION', false) as is_federated,
        upstream.is_mapped,
        users.status in ('ACTIVE', 'RECOVERY', 'PASSWORD_EXPIRED', 'LOCKED_OUT')
            or (
                users.status = 'PROVISIONED'
                and users.status_changed_at < {{ plus_days(as_of(), '-' ~ param('enrol_grace_days')) }}
            ) as is_able_to_sign_in,
        users.status in ('SUSPENDED', 'STAGED', 'DEPROVISIONED', 'PROVISIONED') as is_unable_to_sign_in
    from users
    left join factors on factors.user_id = users.user_id
    left join accounts on accounts.account_id = users.user_id
    left join links on links.account_id = users.user_id
    cross join upstream
),

judged as (
    select
        *,
        coalesce(is_service or (is_unable_to_sign_in and not is_able_to_sign_in), false) as is_excluded,
        was_asked and factor_error is null and factor_types_active is not null as was_answered
    from population
),

{#- Nobody at all with any factor is what a credential without the right to see factors is shown. #}
answers as (
    select coalesce(sum(factor_count), 0) = 0 and count(*) > 0 as is_all_empty
    from judged
    where was_answered and not is_excluded
),

evaluated as (
    select
        judged.*,
        answers.is_all_empty,
        coalesce({{ texts_overlap('factor_types_active', param('accepted_factor_types')) }}, false) as has_accepted,
        coalesce({{ texts_overlap('factor_types_active', param('weak_factor_types')) }}, false) as has_weak
    from judged
    cross join answers
),

outcome as (
    select
        *,
        has_weak and not has_accepted as weak_only,
        not is_excluded
            and (
                is_able_to_sign_in is null
                or not (is_able_to_sign_in or is_unable_to_sign_in)
                or not was_answered
                or is_all_empty
                or (is_federated and not is_mapped and not has_accepted and not has_weak)
            ) as is_unknown,
        is_federated and is_mapped and not has_accepted and not has_weak as is_upstream
    from evaluated
),

coded as (
    select
        *,
        {{ codes([
            ('NO_ACTIVE_FACTOR', 'not is_excluded and not is_unknown and not is_upstream and not has_accepted and not has_weak'),
            ('ONLY_WEAK_FACTOR', 'not is_excluded and not is_unknown and weak_only'),
        ]) }} as codes
    from outcome
)

select
    'okta|' || account_id as entity_key,
    login as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_excluded') }} as result,
    codes,
    case
        when is_service then 'Registered as a service account: tested by the service account controls.'
        when is_excluded and status = 'PROVISIONED'
            then 'Invited less than {{ param("enrol_grace_days") }} days ago: enrolment is not due yet.'
        when is_excluded then 'Cannot sign in: status ' || status || '.'
        when is_able_to_sign_in is null or not (is_able_to_sign_in or is_unable_to_sign_in)
            then 'Status ' || coalesce(status, 'missing') || ' does not tell whether the account can sign in.'
        when not was_asked then 'The factors of this user were not asked for.'
        when not was_answered then 'The factor list was refused (' || coalesce(factor_error, 'no list') || '): factors are not known.'
        when is_all_empty
            then 'Every user''s factor list is empty: the credential may not see factors.'
        when is_unknown
            then 'Signs in through another identity provider that no approved row of the systems register maps.'
        when is_upstream then 'Signs in through another identity provider whose second factor the systems register maps.'
        when has_accepted then 'Active second factor: ' || {{ comma_separated('factor_types_active') }} || '.'
        when weak_only then 'Only a weak second factor is active: ' || {{ comma_separated('factor_types_active') }} || '.'
        when {{ comma_separated('factor_types_active') }} <> ''
            then 'No acceptable second factor is active, only: ' || {{ comma_separated('factor_types_active') }} || '.'
        else 'No second factor is active.'
    end as reason,
    account_id,
    login,
    person_key,
    status,
    factor_types_active,
    weak_only,
    last_login_at,
    first_seen,
    snapshot_id
from coded
