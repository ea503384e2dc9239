with secrets as (
    select
        *,
        -- A rule that is slower than the default is no licence; the register is, since somebody answers for its lines.
        coalesce(
            rotation_days,
            case when rule_days < {{ param('default_rotation_days') }} then rule_days end,
            {{ param('default_rotation_days') }}
        ) as interval_days,
        {{ days_between('current_version_at', as_of()) }} as age_days,
        {{ days_between('created_at', as_of()) }} as most_days,
        coalesce(rotation_mode = 'manual' and exempt_approver is not null, false) as is_waived,
        -- Where AWS keeps it, AWS would list it.
        provider = 'register' and location in ('secrets_manager', 'parameter_store') as is_missing
    from {{ ref('dim_secret') }}
    where parameter_type is null or parameter_type = 'SecureString'
),

compared as (
    select
        *,
        case
            when is_leaving then 'WAITS_FOR_DELETION: the secret is being deleted'
            when is_replica then 'REPLICA: rotates with its primary in another region'
            when owning_service is not null then 'SERVICE_OWNED: ' || owning_service || ' made it and rotates it'
            when exempt_reason is not null and exempt_approver is not null
                then 'EXEMPT: ' || exempt_reason || ' (approved by ' || exempt_approver || ')'
        end as exclusion,
        interval_days + {{ param('grace_days') }} as allowed_days
    from secrets
),

judged as (
    select
        *,
        {{ codes([
            ('ROTATION_OVERDUE', 'exclusion is null and age_days > allowed_days'),
            ('ROTATION_FAILED',
                'exclusion is null and rotation_enabled and '
                ~ days_between('next_rotation_at', as_of()) ~ ' > ' ~ param('grace_days')),
            ('AUTOMATION_MISSING',
                "exclusion is null and provider = 'aws_secrets' and not rotation_enabled and not is_waived and "
                ~ param('automated_where_supported')),
            ('EXEMPT_WITHOUT_APPROVAL', 'exclusion is null and exempt_reason is not null'),
        ]) }} as codes,
        is_missing or (age_days is null and coalesce(most_days > allowed_days, true)) as is_unknown
    from compared
)

select
    provider || '|' || secret_id as entity_key,
    name as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='exclusion is not null') }} as result,
    codes,
    case
        when exclusion is not null then exclusion || '.'
        when not {{ is_empty_list('codes') }} then {{ sentence_of([
            "case when " ~ includes('codes', "'ROTATION_OVERDUE'") ~ " then 'Its current version is ' || cast(cast(floor(age_days) as bigint) as varchar) || ' days old; ' || cast(cast(floor(interval_days) as bigint) as varchar) || ' are allowed' end",
            "case when " ~ includes('codes', "'ROTATION_FAILED'") ~ " then 'A rotation was due on ' || cast(cast(next_rotation_at as date) as varchar) || ' and did not happen' end",
            "case when " ~ includes('codes', "'AUTOMATION_MISSING'") ~ " then 'It could rotate by itself and does not' end",
            "case when " ~ includes('codes', "'EXEMPT_WITHOUT_APPROVAL'") ~ " then 'Its exemption has no approver' end",
        ]) }} || '.'
        when is_missing then 'The register says that AWS keeps it, and AWS does not list it.'
        when is_unknown then 'When its current version was made is not known: no answer, or no rotation with evidence in the register.'
        when age_days is null then 'Its versions could not be read, but it is itself younger than allowed.'
        else 'Its current version is ' || cast(cast(floor(age_days) as bigint) as varchar) || ' days old.'
    end as reason,
    secret_id,
    provider,
    region,
    cast(interval_days as double) as interval_days,
    current_version_at as current_version_created_at,
    cast(floor(age_days) as bigint) as age_days,
    rotation_enabled,
    next_rotation_at,
    {{ demands([
        ('secret_rotation_enabled', "provider = 'aws_secrets'"),
        ('secret_rotated_on_schedule', "provider = 'aws_secrets'"),
    ]) }} as demands
from judged
