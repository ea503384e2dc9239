with enabled as (
    select region
    from {{ ref('stg_aws_data__regions') }}
    where _day = {{ as_of_day() }} and is_enabled
),

answers as (
    select 'secrets' as source_table, region, secret_id, error_code
    from {{ ref('stg_aws_secrets__secrets') }}
    where _day = {{ as_of_day() }}
    union all
    select 'parameters', region, case when parameter_type = 'SecureString' then parameter_id end, error_code
    from {{ ref('stg_aws_secrets__parameters') }}
    where _day = {{ as_of_day() }}
),

unread as (
    -- Whoever does not use Parameter Store has no lists of parameters, and needs none.
    select asked.source_table, (select count(*) from enabled) as expected, count(distinct answers.region) as actual
    from (select 'secrets' as source_table union select source_table from answers) as asked
    left join answers
        on answers.source_table = asked.source_table
        and answers.error_code is null
        and answers.region in (select region from enabled)
    group by asked.source_table
),

registered as (
    select count(distinct secret_ref) as secrets
    from ({{ newest(ref('stg_registers__secrets')) }}) as lines
),

checks as (
    select 'regions_read' as check_name, 'aws_secrets.' || source_table as scope, expected, actual, 'enabled regions that answered' as detail
    from unread

    union all

    select
        'secrets_judged',
        'aws_secrets',
        (select count(distinct secret_id) from answers),
        (select count(*) from {{ ref('ctl_en_08__secrets_are_rotated') }} where provider <> 'register'),
        'secrets that AWS lists, each a row of the population or excluded with a reason'

    union all

    -- Only there to prove an empty population: every region answered, none has a secret, and the register has no line.
    select 'no_secrets', 'aws_secrets', 0, 0, 'secrets in all enabled regions and in the register'
    where not exists (select 1 from answers where secret_id is not null)
        and not exists (select 1 from unread where expected <> actual or expected = 0)
        and (select secrets from registered) = 0
)

{{ checks_agree('checks', also="(check_name <> 'regions_read' or expected > 0)") }}
