-- What each destination of a stream keeps as of the day judged, by the setting that decides it. `assured_days` is the
-- least that is certain: a lifecycle rule by tag or size may be about log objects or not. 36,500 stands for unlimited.
with registered as (
    select
        *,
        {{ part('destination_ref', '/', 1) }} as bucket_name,
        {{ prefix_in_bucket('destination_ref') }} as prefix,
        {{ part('destination_ref', ':', 4) }} as region,
        {{ part('destination_ref', ':', 5) }} as account_id
    from ({{ newest(ref('stg_registers__log_streams')) }}) as listed
    qualify row_number() over (partition by stream_id, destination_ref order by _seq desc) = 1
),

regions as (
    select region, account_id, max(error_code) as error_code
    from {{ ref('stg_aws_services__resources') }}
    where service = 'logs' and _day = {{ as_of_day() }}
    group by region, account_id
),

rules as (
    select
        *,
        coalesce(error_code, 'NoSuchLifecycleConfiguration') <> 'NoSuchLifecycleConfiguration' as is_unread,
        case
            when not is_enabled or error_code is not null then null
            when expires_on is not null then greatest({{ whole_days(as_of_day(), 'expires_on') }}, 0)
            else expiration_days
        end as expires_after_days
    from {{ ref('stg_aws_storage__bucket_lifecycle') }}
    where _day = {{ as_of_day() }}
),

-- A rule shortens the copy when it is about all of it, or about a part of it.
buckets as (
    select
        stream_id,
        destination_ref,
        max(case when listed_name is not null then 1 else 0 end) = 1 as is_found,
        max(case when rule_bucket is not null and not is_unread then 1 else 0 end) = 1 as is_read,
        min(case when is_about_logs and not is_filtered then expires_after_days end) as expires_after_days,
        min(case when is_about_logs then expires_after_days end) as perhaps_after_days
    from (
        select
            registered.stream_id,
            registered.destination_ref,
            listed.bucket_name as listed_name,
            rules.bucket_name as rule_bucket,
            rules.is_unread,
            rules.is_filtered,
            rules.expires_after_days,
            {{ begins_with('registered.prefix', 'rules.prefix') }} or {{ begins_with('rules.prefix', 'registered.prefix') }} as is_about_logs
        from registered
        left join {{ ref('stg_aws_storage__buckets') }} as listed
            on listed.bucket_name = registered.bucket_name and listed._day = {{ as_of_day() }}
        left join rules on rules.bucket_name = registered.bucket_name
        where registered.destination_type = 's3'
    ) as paired
    group by stream_id, destination_ref
),

settings as (
    select
        registered.*,
        case registered.destination_type
            when 'cloudwatch' then case when groups.group_arn is not null then true when regions.region is not null and regions.error_code is null then false end
            when 's3' then case when buckets.is_found then true end
            else true
        end as is_found,
        case registered.destination_type
            when 'cloudwatch' then case
                when groups.group_arn is null then null
                when groups.log_group_class = 'DELIVERY' then 1
                else coalesce(groups.retention_days, 36500)
            end
            when 's3' then case when buckets.is_found and buckets.is_read then coalesce(buckets.expires_after_days, 36500) end
            else registered.native_retention_days
        end as effective_days,
        buckets.perhaps_after_days,
        coalesce(groups.retention_days, buckets.expires_after_days, registered.native_retention_days) as setting_days,
        case registered.destination_type
            when 'cloudwatch' then case
                when regions.region is null then 'the region or account of the log group was not read'
                when regions.error_code is not null then 'the log groups of ' || registered.region || ' were refused'
            end
            when 's3' then case
                when not buckets.is_found then 'no such bucket in the account that is read'
                when not buckets.is_read then 'the lifecycle rules of the bucket could not be read'
            end
            else case when registered.native_retention_days is null then 'the register does not say how long it keeps events' end
        end as unread_reason
    from registered
    left join {{ ref('dim_log_group') }} as groups on groups.group_arn = registered.destination_ref
    left join regions on regions.region = registered.region and regions.account_id = registered.account_id
    left join buckets on buckets.stream_id = registered.stream_id and buckets.destination_ref = registered.destination_ref
)

select
    settings.stream_id,
    settings.system_id,
    settings.event_types,
    settings.destination_type,
    settings.destination_ref,
    settings.is_full_copy,
    settings.starts_on,
    coalesce(settings.is_quiet, false) as is_quiet,
    settings.max_silence_hours,
    settings.sampling,
    settings.data_stores,
    settings.is_found,
    settings.setting_days as retention_days,
    settings.effective_days,
    least(settings.effective_days, coalesce(settings.perhaps_after_days, settings.effective_days)) as assured_days,
    settings.unread_reason,
    stores.oldest_event_at
from settings
left join {{ ref('stg_log_counts__stores') }} as stores
    on stores.stream_id = settings.stream_id
    and stores.destination_ref = settings.destination_ref
    and stores._day = {{ as_of_day() }}
