with stores as (
    select *
    from {{ ref('dim_data_store') }}
    where {{ includes(param('classes'), 'classification') }}
),

-- The key of each store, as its provider says.
used as (
    select
        store_id,
        'bucket' as kind,
        kms_key_id,
        key_arn,
        key_state,
        -- aws:kms without a key is the key that AWS manages for S3; no configuration at all was answered as none.
        encryption_error_code is null or encryption_error_status = 404 as is_read,
        '' as status
    from {{ ref('dim_bucket') }}
    where valid_to is null
    union all
    select database_id, kind, kms_key_id, key_arn, key_state, is_storage_encrypted is not null or encryption_type is not null, lower(coalesce(status, ''))
    from {{ ref('dim_database') }}
    where valid_to is null
),

keys as (
    select key_arn, account_id, manager from {{ ref('dim_key') }} where valid_to is null
),

access as (
    select
        key_arn,
        {{ part('key_arn', ':', 5) }} as account_id,
        policy,
        grants,
        error_code
    from {{ ref('stg_aws_data__kms_access') }}
    where _day = {{ as_of_day() }}
    qualify row_number() over (partition by key_arn order by _seq) = 1
),

weighed as (
    select
        stores.store_id,
        stores.name,
        stores.owner_key,
        stores.classification,
        coalesce(used.kind, stores.kind) as kind,
        coalesce(used.is_read, false) as is_read,
        coalesce(used.status = 'deleting', false) as is_leaving,
        used.kms_key_id,
        coalesce(used.key_arn, case when used.kms_key_id like 'arn:%:key/%' then used.kms_key_id end) as key_arn,
        used.key_state,
        case
            when used.store_id is null or not used.is_read then null
            when used.kms_key_id is null then 'AWS'
            when keys.manager is not null then keys.manager
            when used.kms_key_id like '%alias/aws/%' then 'AWS'
        end as key_manager,
        access.key_arn is not null and access.error_code is null and access.policy is not null as is_policy_read,
        case when access.error_code is null then {{ key_policy_is_open('access.policy', 'access.account_id') }} end as is_open,
        coalesce({{ foreign_grantees('access.grants', 'access.account_id') }}, {{ empty_codes() }}) as grantees,
        coalesce({{ key_admins_who_decrypt('access.policy', 'access.account_id') }}, {{ empty_codes() }}) as admins
    from stores
    left join used on used.store_id = stores.store_id
    left join keys on keys.key_arn = used.key_arn
    left join access on access.key_arn = used.key_arn
),

judged as (
    select
        *,
        {{ codes([
            ('NOT_CUSTOMER_MANAGED', "key_manager = 'AWS' and " ~ param('require_customer_managed')),
            ('KEY_POLICY_OPEN', "key_manager = 'CUSTOMER' and (coalesce(is_open, false) or not " ~ is_empty_list('grantees') ~ ")"),
            ('KEY_ADMIN_IS_USER', "key_manager = 'CUSTOMER' and not " ~ is_empty_list('admins')),
        ]) }} as found,
        key_manager is null or (key_manager = 'CUSTOMER' and not is_policy_read) as is_unknown
    from weighed
),

listed as (
    select *, case when is_leaving then {{ empty_codes() }} else found end as codes
    from judged
)

select
    store_id as entity_key,
    name as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_leaving') }} as result,
    codes,
    case
        when is_leaving then 'Being deleted.'
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'NOT_CUSTOMER_MANAGED'") ~ " then case when kms_key_id is null then 'No key of our own: the key is owned by AWS, or there is none' else 'The key is managed by AWS' end end",
                "case when " ~ includes('codes', "'KEY_POLICY_OPEN'") ~ " and coalesce(is_open, false) then 'The policy of its key lets everybody or a whole other account decrypt' when " ~ includes('codes', "'KEY_POLICY_OPEN'") ~ " then 'A grant lets somebody of another account decrypt: ' || " ~ joined('grantees') ~ " end",
                "case when " ~ includes('codes', "'KEY_ADMIN_IS_USER'") ~ " then 'May administer its key and decrypt: ' || " ~ joined('admins') ~ " end",
            ]) }} || '.'
        when key_manager is null and key_state = 'Foreign' then 'Its key belongs to another account, whose policy cannot be read from here.'
        when key_manager is null then 'Which key it uses could not be read.'
        when is_unknown then 'The policy of its key could not be read.'
        when key_manager = 'AWS' then 'A key of AWS, which is accepted.'
        else 'A key of our own, which nobody outside can use.'
    end as reason,
    store_id,
    kind,
    classification,
    key_arn,
    key_manager,
    case
        when {{ includes('found', "'KEY_POLICY_OPEN'") }} then 'open'
        when {{ includes('found', "'KEY_ADMIN_IS_USER'") }} then 'admin decrypts'
        when is_policy_read then 'none'
    end as policy_issue,
    case
        when is_leaving then {{ empty_codes() }}
        else {{ demands([('kms_not_public', "key_manager = 'CUSTOMER' and is_policy_read")]) }}
    end as demands
from listed
