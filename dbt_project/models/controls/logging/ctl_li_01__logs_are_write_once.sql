-- Whoever may lift a lock of mode GOVERNANCE, by whatever way, on all buckets or this one.
with bypassers as (
    select distinct stores.store_id, coalesce(users.user_name, grants.account_id) as principal
    from {{ ref('dim_log_store') }} as stores
    inner join {{ ref('fct_access_grant') }} as grants
        on grants._day = {{ as_of_day() }}
        and grants.is_current
        and grants.source_id = 'aws_iam'
        and grants.effect = 'allow'
        and {{ covers('grants.entitlement', "'s3:BypassGovernanceRetention'") }}
        and not {{ any_covers('grants.exceptions', "'s3:BypassGovernanceRetention'") }}
        and ({{ covers('grants.resource', "stores.store_id || '/x'") }})
    left join {{ ref('stg_aws_iam__users') }} as users
        on users._day = {{ as_of_day() }} and users.user_id = grants.account_id
    where not {{ includes(param('bypass_allowed'), 'coalesce(users.user_name, grants.account_id)') }}
),

stores as (
    select
        store.*,
        case when store.lock_mode is null then false else coalesce(store.is_locked, false) end as has_rule,
        bypass.logins as bypassers
    from {{ ref('dim_log_store') }} as store
    left join (
        select store_id, {{ joined(ordered_list('principal', 'principal')) }} as logins
        from bypassers
        group by store_id
    ) as bypass on bypass.store_id = store.store_id
),

judged as (
    select
        *,
        -- A bucket of another account, or one that refused: nothing of it is known.
        not is_own or versioning is null or is_locked is null or is_public is null as is_unread,
        {{ codes([
            ('NO_OBJECT_LOCK', 'is_own and is_locked is not null and not has_rule'),
            ('LOCK_TOO_SHORT', 'is_own and has_rule and coalesce(lock_days, 0) < required_days'),
            ('GOVERNANCE_BYPASSABLE', "is_own and has_rule and lock_mode = 'GOVERNANCE' and (" ~ param('mode_required') ~ " = 'COMPLIANCE' and not " ~ param('governance_ok_if_bypass_restricted') ~ " or bypassers is not null)"),
            ('VERSIONING_OFF', "is_own and coalesce(versioning <> 'Enabled', false)"),
            ('VALIDATION_OFF', 'has_unvalidated_trail'),
            ('STORE_PUBLIC', 'is_own and coalesce(is_public, false)'),
            ('NO_MFA_DELETE', "is_own and trail_count > 0 and versioning is not null and coalesce(mfa_delete, 'Disabled') <> 'Enabled'"),
        ]) }} as codes
    from stores
)

select
    store_id as entity_key,
    bucket_name as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_unread') }} as result,
    codes,
    case
        when not is_own and {{ is_empty_list('streams') }} then 'The bucket is not of this account: its configuration cannot be seen from here.'
        when not is_own then 'The register keeps ' || {{ joined('streams') }} || ' in it, and no account that is read lists such a bucket.'
        when {{ includes('codes', "'NO_OBJECT_LOCK'") }} then 'Nothing keeps what is in the bucket from being overwritten or deleted.'
        when {{ includes('codes', "'LOCK_TOO_SHORT'") }} then 'Locked for ' || cast(lock_days as varchar) || ' days where ' || cast(required_days as varchar) || ' are required.'
        when {{ includes('codes', "'GOVERNANCE_BYPASSABLE'") }} then 'The lock can be lifted' || coalesce(' by ' || bypassers, '') || '.'
        when {{ includes('codes', "'VERSIONING_OFF'") }} then 'Versions are not kept.'
        when {{ includes('codes', "'VALIDATION_OFF'") }} then 'A trail writes no digests of its files.'
        when {{ includes('codes', "'STORE_PUBLIC'") }} then 'The bucket is open to everybody.'
        when is_unread then 'Part of the configuration could not be read.'
        else 'Locked for ' || cast(lock_days as varchar) || ' days of ' || cast(required_days as varchar) || '.'
    end as reason,
    streams,
    lock_mode,
    lock_days,
    versioning,
    not has_unvalidated_trail as validation,
    required_days,
    {{ demands([
        ('cloudtrail_validation', 'trail_count > 0'),
        ('s3_object_lock', 'true'),
        ('cloudtrail_bucket_not_public', 'trail_count > 0'),
        ('cloudtrail_bucket_mfa_delete', 'trail_count > 0'),
    ]) }} as demands
from judged
