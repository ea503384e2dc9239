-- Archives of logs: the buckets that the register keeps streams in, and as a second opinion those that trails and access
-- logs are found to be written into, registered or not. For how long, the longest of what lies in it decides: a trail holds
-- what administrators did, an access log who read data.
with registered as (
    select
        archives.bucket_name,
        {{ sorted_set('archives.stream_id') }} as streams,
        {{ sorted_set('archives.prefix') }} as prefixes,
        max({{ log_retention_days('item.value') }}) as required_days
    from ({{ registered_archives() }}) as archives
    cross join {{ each_item('archives.event_types') }} as item(value)
    group by archives.bucket_name
),

trails as (
    select
        bucket_name,
        count(*) as trail_count,
        max(case when not coalesce(is_validated, false) then 1 else 0 end) = 1 as has_unvalidated_trail
    from (
        select distinct trail_arn, bucket_name, is_validated
        from {{ ref('stg_aws_trail_config__trails') }}
        where _day = {{ as_of_day() }} and bucket_name is not null
    ) as listed
    group by bucket_name
),

access_logs as (
    select target_bucket as bucket_name, count(*) as bucket_count
    from {{ ref('stg_aws_storage__bucket_logging') }}
    where _day = {{ as_of_day() }} and target_bucket is not null
    group by target_bucket
),

stores as (
    select bucket_name from registered
    union
    select bucket_name from trails
    union
    select bucket_name from access_logs
)

select
    'arn:aws:s3:::' || stores.bucket_name as store_id,
    stores.bucket_name,
    coalesce(trails.trail_count, 0) as trail_count,
    coalesce(access_logs.bucket_count, 0) as access_log_count,
    coalesce(trails.has_unvalidated_trail, false) as has_unvalidated_trail,
    greatest(
        registered.required_days,
        case when trails.bucket_name is not null then {{ log_retention_days("'admin_action'") }} end,
        case when access_logs.bucket_name is not null then {{ log_retention_days("'pii_access'") }} end
    ) as required_days,
    coalesce(registered.streams, {{ empty_list() }}) as streams,
    -- Where in the bucket something that is found to be written goes, is not known.
    case when trails.bucket_name is not null or access_logs.bucket_name is not null then {{ list_of("''") }} else registered.prefixes end as prefixes,
    buckets.bucket_name is not null as is_own,
    buckets.region,
    case when versions_of.error_code is null then coalesce(versions_of.versioning, 'Off') end as versioning,
    versions_of.mfa_delete,
    -- What is not versioned was not asked for its lock, and has none.
    case
        when versions_of.error_code is null and versions_of.versioning is null then false
        when locks.error_code is null then coalesce(locks.is_locked, false)
        when locks.error_code = 'ObjectLockConfigurationNotFoundError' then false
    end as is_locked,
    locks.lock_mode,
    -- A rule counts days or years, never both.
    coalesce(nullif(locks.lock_days, 0), locks.lock_years * 365) as lock_days,
    case
        when blocks.error_code is null and blocks.blocks_public_acls and blocks.ignores_public_acls and blocks.blocks_public_policy and blocks.restricts_public_buckets
            then false
        when exposure.error_code is null and exposure.bucket_name is not null
            then (coalesce(exposure.is_policy_public, false) and not coalesce(blocks.restricts_public_buckets, false))
                or (
                    not coalesce(blocks.ignores_public_acls, false)
                    and (
                        {{ includes('exposure.grantees', "'http://acs.amazonaws.com/groups/global/AllUsers'") }}
                        or {{ includes('exposure.grantees', "'http://acs.amazonaws.com/groups/global/AuthenticatedUsers'") }}
                    )
                )
    end as is_public,
    logged.target_bucket as access_log_bucket,
    logged.error_code is null and logged.bucket_name is not null as is_access_log_read
from stores
left join registered on registered.bucket_name = stores.bucket_name
left join trails on trails.bucket_name = stores.bucket_name
left join access_logs on access_logs.bucket_name = stores.bucket_name
left join {{ ref('stg_aws_storage__buckets') }} as buckets
    on buckets._day = {{ as_of_day() }} and buckets.bucket_name = stores.bucket_name
left join {{ ref('stg_aws_storage__bucket_versioning') }} as versions_of
    on versions_of._day = {{ as_of_day() }} and versions_of.bucket_name = stores.bucket_name
left join {{ ref('stg_aws_storage__bucket_lock') }} as locks
    on locks._day = {{ as_of_day() }} and locks.bucket_name = stores.bucket_name
left join {{ ref('stg_aws_storage__public_access_block') }} as blocks
    on blocks._day = {{ as_of_day() }} and blocks.bucket_name = stores.bucket_name
left join {{ ref('stg_aws_storage__bucket_exposure') }} as exposure
    on exposure._day = {{ as_of_day() }} and exposure.bucket_name = stores.bucket_name
left join {{ ref('stg_aws_storage__bucket_logging') }} as logged
    on logged._day = {{ as_of_day() }} and logged.bucket_name = stores.bucket_name
