-- Secrets there are on the day judged: what the managers hold and what the register alone knows. A line of the register
-- names a secret by its ARN or its name.
with versions as (
    select
        secret_id,
        max(case when {{ includes('stages', "'AWSCURRENT'") }} then created_at end) as current_version_at,
        max(error_code) as error_code
    from {{ ref('stg_aws_secrets__secret_versions') }}
    where _day = {{ as_of_day() }}
    group by secret_id
),

held as (
    select
        'aws_secrets' as provider,
        secrets.secret_id,
        secrets.name,
        secrets.region,
        secrets.account_id,
        cast(null as varchar) as parameter_type,
        secrets.kms_key_ref,
        secrets.primary_region <> secrets.region as is_replica,
        secrets.deleted_at is not null as is_leaving,
        secrets.owning_service,
        coalesce(secrets.rotation_enabled, false) as rotation_enabled,
        coalesce(secrets.rule_days, {{ rate_days('secrets.rule_schedule') }}) as rule_days,
        secrets.next_rotation_at,
        secrets.created_at,
        -- A secret without any version yet is as old as itself.
        case when versions.error_code is null and versions.secret_id is not null
            then coalesce(versions.current_version_at, secrets.created_at) end as current_version_at
    from {{ ref('stg_aws_secrets__secrets') }} as secrets
    left join versions on versions.secret_id = secrets.secret_id
    where secrets._day = {{ as_of_day() }} and secrets.secret_id is not null
    qualify row_number() over (partition by secrets.secret_id order by secrets._seq) = 1

    union all

    select
        'aws_parameters',
        parameter_id,
        name,
        region,
        account_id,
        parameter_type,
        kms_key_ref,
        false,
        false,
        null,
        false,
        null,
        null,
        modified_at,
        modified_at
    from {{ ref('stg_aws_secrets__parameters') }}
    where _day = {{ as_of_day() }} and parameter_id is not null
    qualify row_number() over (partition by parameter_id order by _seq) = 1
),

register as (
    select
        lines.*,
        people.person_key as owner_key
    from ({{ newest(ref('stg_registers__secrets')) }}) as lines
    left join {{ ref('int_person_refs') }} as people on people.ref = lines.owner_id
    qualify row_number() over (partition by lines.secret_ref order by lines._seq) = 1
),

matched as (
    select held.provider, held.secret_id, register.secret_ref
    from held
    inner join register on register.secret_ref = held.secret_id or register.secret_ref = held.name
    qualify row_number() over (
        partition by held.secret_id order by case when register.secret_ref = held.secret_id then 0 else 1 end
    ) = 1
),

secrets as (
    select held.*, matched.secret_ref
    from held
    left join matched on matched.secret_id = held.secret_id

    union all

    select
        'register', register.secret_ref, register.secret_ref, null, null, null, null, false, false, null, false, null, null, null,
        case when register.evidence_uri is not null and register.last_rotated_at <= {{ as_of() }} then register.last_rotated_at end,
        register.secret_ref
    from register
    where register.secret_ref not in (select secret_ref from matched)
)

select
    secrets.provider,
    secrets.secret_id,
    secrets.name,
    secrets.region,
    secrets.account_id,
    secrets.parameter_type,
    secrets.kms_key_ref as kms_key_id,
    keys.key_state,
    coalesce(secrets.is_replica, false) as is_replica,
    secrets.is_leaving,
    secrets.owning_service,
    secrets.rotation_enabled,
    secrets.rule_days,
    secrets.next_rotation_at,
    secrets.created_at,
    secrets.current_version_at,
    register.secret_ref is not null as is_registered,
    register.owner_key,
    register.location,
    register.rotation_days,
    register.rotation_mode,
    register.exempt_reason,
    register.exempt_approver,
    register.leak_alert
from secrets
left join register on register.secret_ref = secrets.secret_ref
left join {{ ref('int_key_references_resolved') }} as keys
    on keys._day = {{ as_of_day() }} and keys.region = secrets.region and keys.key_ref = secrets.kms_key_ref
