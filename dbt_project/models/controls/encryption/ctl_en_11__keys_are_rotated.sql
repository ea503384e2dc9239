with register as (
    select
        key_arn,
        max(case when evidence_uri is not null and manual_rotated_at <= {{ as_of() }} then manual_rotated_at end)
            as manual_rotated_at,
        max(case when approver is not null then exempt_reason end) as exempt_reason,
        max(case when exempt_reason is not null then approver end) as exempt_approver
    from ({{ newest(ref('stg_registers__keys')) }}) as lines
    group by key_arn
),

keys as (
    select
        keys.*,
        register.manual_rotated_at,
        register.exempt_reason,
        register.exempt_approver,
        coalesce(keys.period_days, 365) as effective_period_days,
        keys.spec = 'SYMMETRIC_DEFAULT' and keys.usage = 'ENCRYPT_DECRYPT' and keys.origin = 'AWS_KMS'
            and keys.custom_key_store_id is null as is_eligible,
        {{ days_between('keys.created_at', as_of()) }} as age_days,
        {{ days_between('coalesce(keys.last_rotation_at, keys.created_at)', as_of()) }} as days_since_rotation,
        {{ days_between(latest_of(['keys.created_at', 'register.manual_rotated_at', 'keys.last_rotation_at']), as_of()) }}
            as days_since_manual
    from {{ ref('dim_key') }} as keys
    left join register on register.key_arn = keys.key_arn
    where keys.valid_to is null
),

compared as (
    select
        *,
        case
            when key_error_code is not null then null
            when manager <> 'CUSTOMER' then 'PROVIDER_MANAGED: AWS rotates the key every year, and nobody can configure it'
            when state <> 'Enabled' then 'STATE_' || upper(state) || ': the key does not rotate in this state'
            when multi_region_type = 'REPLICA' then 'REPLICA: rotates with its primary ' || coalesce(primary_key_arn, '')
            when exempt_reason is not null then 'EXEMPT: ' || exempt_reason || ' (approved by ' || exempt_approver || ')'
        end as exclusion,
        coalesce(days_since_rotation > {{ param('max_rotation_days') }} + {{ param('grace_days') }}, false) as is_long_ago
    from keys
),

judged as (
    select
        *,
        exclusion is not null as is_excluded,
        {{ codes([
            ('ROTATION_DISABLED', 'exclusion is null and is_eligible and not rotation_enabled'),
            ('PERIOD_TOO_LONG',
                'exclusion is null and is_eligible and rotation_enabled and effective_period_days > ' ~ param('max_rotation_days')),
            ('ROTATION_OVERDUE',
                'exclusion is null and is_eligible and rotations_error_code is null and is_long_ago'),
            ('MANUAL_ROTATION_OVERDUE',
                'exclusion is null and not is_eligible and days_since_manual > ' ~ param('max_rotation_days')),
        ]) }} as codes,
        key_error_code is not null
        or created_at is null
        or is_eligible is null
        or (is_eligible and rotation_enabled is null)
        or (is_eligible and rotations_error_code is not null and is_long_ago) as is_unknown
    from compared
)

select
    key_arn as entity_key,
    name as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_excluded') }} as result,
    codes,
    case
        when is_excluded then exclusion || '.'
        when {{ includes('codes', "'MANUAL_ROTATION_OVERDUE'") }}
            then 'Cannot rotate automatically (' || spec || ', ' || origin || ') and was last made or rotated by hand '
                || cast(cast(floor(days_since_manual) as bigint) as varchar) || ' days ago; {{ param_value("max_rotation_days") }} are allowed.'
        when not {{ is_empty_list("codes") }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'ROTATION_DISABLED'") ~ " then 'Automatic rotation is off' end",
                "case when " ~ includes('codes', "'PERIOD_TOO_LONG'") ~ " then 'It rotates every ' || cast(effective_period_days as varchar) || ' days' end",
                "case when " ~ includes('codes', "'ROTATION_OVERDUE'") ~ " then 'The last rotation or the creation is ' || cast(cast(floor(days_since_rotation) as bigint) as varchar) || ' days ago' end",
            ]) }} || '; {{ param_value("max_rotation_days") }} days are allowed.'
        when is_unknown
            then 'The key or its rotation could not be read ('
                || coalesce(key_error_code, rotation_error_code, rotations_error_code, 'empty answer') || ').'
        when is_eligible
            then 'Rotates every ' || cast(effective_period_days as varchar) || ' days; last rotation '
                || coalesce(cast(cast(last_rotation_at as date) as varchar), 'none yet, made ' || cast(cast(created_at as date) as varchar)) || '.'
        else 'Cannot rotate automatically (' || spec || ', ' || origin || '); made or rotated by hand '
            || cast(cast(floor(days_since_manual) as bigint) as varchar) || ' days ago.'
    end as reason,
    key_arn,
    spec as key_spec,
    origin,
    created_at,
    rotation_enabled,
    period_days,
    {{ latest_of(['last_rotation_at', 'manual_rotated_at']) }} as last_rotation_at,
    next_rotation_at,
    {{ demands([
        ('kms_rotation', "true"),
    ]) }} as demands
from judged
