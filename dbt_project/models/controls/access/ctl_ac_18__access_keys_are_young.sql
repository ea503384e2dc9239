with keys as (
    select *
    from {{ ref('dim_access_key') }}
    where valid_to is null
),

links as (
    select account_id, coalesce(person_key, owner_key) as owner_key
    from {{ ref('bridge_account_person') }}
    where source_id = 'aws_iam' and valid_to is null
),

accounts as (
    select account_id
    from {{ ref('stg_aws_iam__caller_identity') }}
    where _day = {{ as_of_day() }}
    qualify row_number() over (order by _seq) = 1
),

user_keys as (
    select
        keys.account_id,
        keys.user_name,
        {{ ending('keys.access_key_id', 4) }} as access_key_id_suffix,
        links.owner_key,
        keys.status,
        keys.created_at,
        keys.last_used_at,
        keys.is_use_known,
        false as is_root,
        false as is_unread,
        cast(null as bigint) as root_keys
    from keys
    left join links on links.account_id = keys.user_id
),

refused as (
    select
        coalesce((select account_id from accounts), 'unknown') as account_id,
        user_name,
        cast(null as varchar) as access_key_id_suffix,
        cast(null as varchar) as owner_key,
        cast(null as varchar) as status,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as last_used_at,
        false as is_use_known,
        false as is_root,
        true as is_unread,
        cast(null as bigint) as root_keys
    from {{ ref('stg_aws_iam__access_keys') }}
    where _day = {{ as_of_day() }} and error_code is not null
),

root as (
    select
        coalesce((select account_id from accounts), 'unknown') as account_id,
        '<root_account>' as user_name,
        cast(null as varchar) as access_key_id_suffix,
        cast(null as varchar) as owner_key,
        cast(null as varchar) as status,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as last_used_at,
        false as is_use_known,
        true as is_root,
        account_access_keys_present is null as is_unread,
        account_access_keys_present as root_keys
    from {{ ref('stg_aws_iam__account_summary') }}
    where _day = {{ as_of_day() }}
),

population as (
    select * from user_keys
    union all
    select * from refused
    union all
    select * from root
),

measured as (
    select
        *,
        {{ days_between('created_at', as_of()) }} as age_days,
        {{ days_between('last_used_at', as_of()) }} as idle_days,
        not is_root and not is_unread and coalesce(status, '') = 'Active' as is_active
    from population
),

judged as (
    select
        *,
        {{ codes([
            ('KEY_TOO_OLD', 'is_active and age_days > ' ~ param('max_age_days')),
            ('ROOT_KEY_PRESENT', 'is_root and root_keys > 0'),
            ('UNUSED_KEY',
                'is_active and is_use_known and case when last_used_at is null then age_days else idle_days end > '
                ~ param('unused_days')),
        ]) }} as codes,
        is_unread or (is_active and (created_at is null or not is_use_known)) as is_unknown,
        case when is_root then coalesce(root_keys = 0, false) else not is_unread and not is_active end as is_excluded
    from measured
)

select
    -- A key's id ends up in every export: its last four characters do.
    account_id || '|' || user_name || coalesce('|' || access_key_id_suffix, '') as entity_key,
    user_name || coalesce(' …' || access_key_id_suffix, '') as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_excluded') }} as result,
    codes,
    case
        when is_root and is_unread then 'Whether the root user has an access key could not be read.'
        when is_root and root_keys > 0 then 'The root user has an access key.'
        when is_root then 'The root user has no access key.'
        when is_unread then 'The access keys of the user could not be listed.'
        when is_excluded then 'Not active (' || coalesce(status, 'no status') || ').'
        when not {{ is_empty_list("codes") }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'KEY_TOO_OLD'") ~ " then 'The key is ' || cast(cast(floor(age_days) as bigint) as varchar) || ' days old, more than " ~ param('max_age_days') ~ "' end",
                "case when " ~ includes('codes', "'UNUSED_KEY'") ~ " then case when last_used_at is null then 'It was never used in ' || cast(cast(floor(age_days) as bigint) as varchar) || ' days' else 'It was last used ' || cast(cast(floor(idle_days) as bigint) as varchar) || ' days ago' end || ', more than " ~ param('unused_days') ~ "' end",
            ]) }} || '.'
        when is_unknown then 'The age or the last use of the key could not be read.'
        else 'The key is ' || cast(cast(floor(age_days) as bigint) as varchar) || ' days old and '
            || coalesce('was used ' || cast(cast(floor(idle_days) as bigint) as varchar) || ' days ago', 'not used yet') || '.'
    end as reason,
    account_id,
    user_name as user,
    access_key_id_suffix,
    created_at,
    cast(floor(age_days) as bigint) as age_days,
    last_used_at,
    {{ demands([
        ('root_no_access_keys', "is_root"),
        ('access_key_age_90d', "not is_root"),
        ('unused_credentials', "not is_root"),
    ]) }} as demands
from judged
