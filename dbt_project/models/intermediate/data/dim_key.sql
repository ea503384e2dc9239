with statuses as (
    select * from {{ ref('stg_aws_data__kms_rotation_status') }}
),

rotations as (
    select
        _day,
        key_arn,
        max(rotated_at) as last_rotation_at,
        max(case when rotation_type = 'AUTOMATIC' then rotated_at end) as last_automatic_rotation_at,
        max(error_code) as rotations_error_code
    from {{ ref('stg_aws_data__kms_rotations') }}
    group by _day, key_arn
),

aliases as (
    select _day, region, target_key_id, min(alias_name) as alias_name
    from {{ ref('stg_aws_data__kms_aliases') }}
    where target_key_id is not null
    group by _day, region, target_key_id
),

observed as (
    select
        keys._day,
        keys.key_arn,
        -- A multi-Region key is one key with a home and replicas: they share the id.
        coalesce(keys.key_id, {{ last_part('keys.key_arn') }}) as key_identity,
        keys.region,
        coalesce(keys.account_id, {{ part('keys.key_arn', ':', 5) }}) as account_id,
        coalesce(aliases.alias_name, nullif(keys.description, ''), {{ last_part('keys.key_arn') }}) as name,
        keys.manager,
        keys.state,
        keys.spec,
        keys.usage,
        keys.origin,
        keys.custom_key_store_id,
        keys.multi_region_type,
        keys.primary_key_arn,
        keys.created_at,
        keys.error_code as key_error_code,
        statuses.is_rotation_enabled as rotation_enabled,
        statuses.period_days,
        statuses.error_code as rotation_error_code,
        rotations.rotations_error_code,
        statuses.next_rotation_at,
        rotations.last_rotation_at,
        rotations.last_automatic_rotation_at
    from {{ ref('stg_aws_data__kms_keys') }} as keys
    left join statuses on statuses._day = keys._day and statuses.key_arn = keys.key_arn
    left join rotations on rotations._day = keys._day and rotations.key_arn = keys.key_arn
    left join aliases
        on aliases._day = keys._day
        and aliases.region = keys.region
        and aliases.target_key_id = coalesce(keys.key_id, {{ last_part('keys.key_arn') }})
    where keys.key_arn is not null
),

{{ dated_versions(
    'observed',
    ref('stg_aws_data__kms_keys'),
    ['key_arn'],
    [
        'key_identity', 'region', 'account_id', 'name', 'manager', 'state', 'spec', 'usage', 'origin',
        'custom_key_store_id', 'multi_region_type', 'primary_key_arn', 'created_at', 'key_error_code',
        'rotation_enabled', 'period_days', 'rotation_error_code', 'rotations_error_code',
    ],
    ['next_rotation_at', 'last_rotation_at', 'last_automatic_rotation_at'],
) }}

select * from versions
