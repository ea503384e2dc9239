with users as (
    select
        _day,
        user_name,
        user_id,
        arn,
        owner_tag
    from {{ ref('stg_aws_iam__users') }}
    where user_name is not null
),

uses as (
    select
        _day,
        access_key_id,
        last_used_at,
        error_code
    from {{ ref('stg_aws_iam__access_key_last_used') }}
),

observed as (
    select
        keys._day,
        coalesce({{ part('users.arn', ':', 5) }}, 'unknown') as account_id,
        keys.access_key_id,
        keys.user_name,
        users.user_id,
        keys.status,
        keys.created_at,
        uses.last_used_at,
        uses.access_key_id is not null and uses.error_code is null as is_use_known,
        false as is_root
    from {{ ref('stg_aws_iam__access_keys') }} as keys
    left join users on users._day = keys._day and users.user_name = keys.user_name
    left join uses on uses._day = keys._day and uses.access_key_id = keys.access_key_id
    where keys.access_key_id is not null
),

{{ dated_versions(
    'observed',
    ref('stg_aws_iam__access_keys'),
    ['account_id', 'access_key_id'],
    ['user_name', 'user_id', 'status', 'created_at', 'is_root'],
    ['last_used_at', 'is_use_known'],
) }}

select * from versions
