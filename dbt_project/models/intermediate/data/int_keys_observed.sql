-- Keys of every day with the names they go by there: id, ARN, and the names and ARNs of their aliases.
with keys as (
    select *
    from {{ ref('stg_aws_data__kms_keys') }}
    where key_arn is not null
),

names as (
    select _day, region, key_arn, key_arn as name
    from keys
    union
    select _day, region, key_arn, coalesce(key_id, {{ last_part('key_arn') }}) as name
    from keys
    union
    select keys._day, keys.region, keys.key_arn, aliases.alias_name as name
    from keys
    inner join {{ ref('stg_aws_data__kms_aliases') }} as aliases
        on aliases._day = keys._day
        and aliases.region = keys.region
        and aliases.target_key_id = coalesce(keys.key_id, {{ last_part('keys.key_arn') }})
    union
    select keys._day, keys.region, keys.key_arn, aliases.alias_arn as name
    from keys
    inner join {{ ref('stg_aws_data__kms_aliases') }} as aliases
        on aliases._day = keys._day
        and aliases.region = keys.region
        and aliases.target_key_id = coalesce(keys.key_id, {{ last_part('keys.key_arn') }})
)

select
    names._day,
    names.region,
    names.name,
    names.key_arn,
    keys.account_id,
    keys.state,
    keys.manager,
    keys.error_code is not null as is_denied
from names
inner join keys
    on keys._day = names._day and keys.region = names.region and keys.key_arn = names.key_arn
