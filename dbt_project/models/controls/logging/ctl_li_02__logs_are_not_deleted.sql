-- Stores, each with what could delete from it before its time: a rule, or somebody's rights; and events that did, on
-- buckets of logs and on the log groups that trails or the register of log streams name.
with params as (
    select {{ text_list(['s3:DeleteObjectVersion', 's3:DeleteObject', 's3:DeleteBucket', 's3:PutLifecycleConfiguration']) }} as actions
),

rights as (
    select
        stores.store_id,
        coalesce(users.user_name, grants.account_id) as principal,
        grants.effect,
        action.value as action
    from {{ ref('dim_log_store') }} as stores
    cross join params
    cross join {{ each_item('params.actions') }} as action(value)
    inner join {{ ref('fct_access_grant') }} as grants
        on grants._day = {{ as_of_day() }}
        and grants.is_current
        and grants.source_id = 'aws_iam'
        and grants.effect in ('allow', 'deny')
        and {{ covers('grants.entitlement', 'action.value') }}
        and not {{ any_covers('grants.exceptions', 'action.value') }}
        and ({{ covers('grants.resource', 'stores.store_id') }} or {{ covers('grants.resource', "stores.store_id || '/x'") }})
    left join {{ ref('stg_aws_iam__users') }} as users
        on users._day = {{ as_of_day() }} and users.user_id = grants.account_id
    where not {{ includes(param('allowed_delete_principals'), 'coalesce(users.user_name, grants.account_id)') }}
),

deleters as (
    select store_id, {{ joined(ordered_list('principal', 'principal')) }} as principals
    from (
        select distinct rights.store_id, rights.principal
        from rights
        where rights.effect = 'allow'
            and not exists (
                select 1
                from rights as refusal
                where refusal.effect = 'deny'
                    and refusal.store_id = rights.store_id
                    and refusal.principal = rights.principal
                    and refusal.action = rights.action
            )
    ) as held
    group by store_id
),

-- A rule about another part of the bucket than the logs lie in does not touch them, one about versions has none to delete
-- where versions were never kept.
applied as (
    select
        listed.bucket_name,
        coalesce(listed.is_filtered, false) as is_filtered,
        listed.error_code is not null and listed.error_code <> 'NoSuchLifecycleConfiguration' as is_refused,
        case
            when listed.is_enabled and {{ any_overlaps('store.prefixes', "coalesce(listed.prefix, '')") }}
                then least(
                    coalesce(listed.expiration_days, 999999),
                    case when coalesce(store.versioning <> 'Off', true) then coalesce(listed.noncurrent_days, 999999) else 999999 end
                )
        end as first_days
    from {{ ref('stg_aws_storage__bucket_lifecycle') }} as listed
    inner join {{ ref('dim_log_store') }} as store on store.bucket_name = listed.bucket_name
    where listed._day = {{ as_of_day() }}
),

-- Whether a rule by tag or size is about logs, nobody can say.
rules as (
    select
        bucket_name,
        max(case when is_refused then 1 else 0 end) = 1 as is_refused,
        min(case when not is_filtered then first_days end) as first_days,
        min(first_days) as perhaps_days
    from applied
    group by bucket_name
),

stores as (
    select
        store.store_id as entity_key,
        store.bucket_name as entity_name,
        store.store_id,
        store.required_days,
        store.streams,
        store.is_own,
        rules.first_days,
        deleters.principals,
        cast(null as varchar) as event_id,
        -- Under such a lock nobody deletes, whatever he may do and whatever a rule says.
        coalesce(store.is_locked and store.lock_mode = 'COMPLIANCE' and store.lock_days >= store.required_days, false) as is_locked,
        coalesce(rules.first_days < store.required_days, false) as expires_early,
        coalesce(rules.perhaps_days < store.required_days and not coalesce(rules.first_days < store.required_days, false), false) as expires_perhaps,
        false as is_deletion,
        false as is_lowering,
        not store.is_own or coalesce(rules.is_refused, true) or store.is_locked is null as is_unread
    from {{ ref('dim_log_store') }} as store
    left join rules on rules.bucket_name = store.bucket_name
    left join deleters on deleters.store_id = store.store_id
),

-- Log groups of trails and of registered streams, by name, as the nights saw them; for ever where no limit is set.
kept_groups as (
    select log_group_arn
    from {{ ref('stg_aws_trail_config__trails') }}
    where _day <= {{ as_of_day() }} and log_group_arn is not null
    union
    select destination_ref || ':*'
    from ({{ newest(ref('stg_registers__log_streams')) }}) as registered
    where destination_type = 'cloudwatch'
),

log_groups as (
    select distinct
        listed._day,
        kept_groups.log_group_arn,
        {{ json_text('listed.settings', '$.logGroupName') }} as group_name,
        listed.region,
        coalesce({{ json_int('listed.settings', '$.retentionInDays') }}, 999999) as retention_days
    from {{ ref('stg_aws_services__resources') }} as listed
    inner join kept_groups on kept_groups.log_group_arn = listed.resource_id || ':*'
    where listed.service = 'logs' and listed._day <= {{ as_of_day() }}
),

named as (
    select distinct group_name, region, log_group_arn
    from log_groups
),

events as (
    select *
    from {{ ref('stg_aws_trail__events') }}
    where occurred_at <= {{ as_of() }}
        and error_code is null
        and event_name in (
            'DeleteLogGroup', 'DeleteLogStream', 'PutRetentionPolicy', 'DeleteBucket', 'DeleteObject', 'DeleteObjects',
            'PutBucketLifecycle', 'PutBucketLifecycleConfiguration'
        )
    qualify row_number() over (partition by event_id order by _day desc, _seq desc) = 1
),

-- Rules that somebody put on a bucket of logs and that end before the logs may.
put_rules as (
    select
        events.event_id,
        {{ json_text('events.request_parameters', '$.bucketName') }} as bucket_name,
        {{ json_int('rule.element', '$.Expiration.Days') }} as expiration_days,
        coalesce({{ json_text('rule.element', '$.Filter.Prefix') }}, {{ json_text('rule.element', '$.Prefix') }}, '') as prefix
    from events
    cross join lateral {{ json_each(json_value('events.request_parameters', '$.LifecycleConfiguration.Rule')) }} as rule
    where events.event_name like 'PutBucketLifecycle%'
),

early_rules as (
    select distinct put_rules.event_id
    from put_rules
    inner join {{ ref('dim_log_store') }} as store on store.bucket_name = put_rules.bucket_name
    where put_rules.expiration_days < store.required_days
        and {{ any_overlaps('store.prefixes', 'put_rules.prefix') }}
),

harm as (
    select
        events.event_id,
        events.event_name,
        events.occurred_at,
        events.principal_arn,
        coalesce(named.log_group_arn, store.store_id) as store_id,
        events.event_name like 'Delete%' as is_deletion,
        -- Lowered is what is less than the nights around it saw: one before the event, and that of its day.
        case
            when events.event_name = 'PutRetentionPolicy'
                then {{ json_int('events.request_parameters', '$.retentionInDays') }} < (
                    select max(log_groups.retention_days)
                    from log_groups
                    where log_groups.group_name = named.group_name
                        and log_groups._day between cast({{ plus_days('events.occurred_at', -1) }} as date) and cast(events.occurred_at as date)
                )
            else early_rules.event_id is not null
        end as is_lowering
    from events
    cross join {{ ref('dim_engagement') }} as engagement
    left join named
        on events.event_source = 'logs.amazonaws.com'
        and named.group_name = {{ json_text('events.request_parameters', '$.logGroupName') }}
        and named.region = events.region
    left join {{ ref('dim_log_store') }} as store
        on events.event_source = 's3.amazonaws.com'
        and store.bucket_name = {{ json_text('events.request_parameters', '$.bucketName') }}
    left join early_rules on early_rules.event_id = events.event_id
    where events.occurred_at >= engagement.window_start
        and (named.group_name is not null or store.bucket_name is not null)
),

population as (
    select * from stores
    union all
    select
        event_id,
        event_name || ' by ' || coalesce({{ last_part('principal_arn') }}, 'somebody'),
        store_id,
        null,
        null,
        null,
        null,
        {{ last_part('principal_arn') }},
        event_id,
        false,
        false,
        false,
        is_deletion,
        coalesce(is_lowering, false),
        is_lowering is null
    from harm
),

judged as (
    select
        *,
        {{ codes([
            ('LIFECYCLE_TOO_EARLY', 'event_id is null and expires_early and not is_locked'),
            ('DELETE_PERMISSION', 'event_id is null and is_own and principals is not null and not is_locked'),
            ('DELETED_IN_WINDOW', 'is_deletion'),
            ('RETENTION_LOWERED', 'is_lowering'),
        ]) }} as codes
    from population
)

select
    entity_key,
    entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='(is_unread or expires_perhaps) and not is_locked') }} as result,
    codes,
    case
        when is_locked then 'Locked in mode COMPLIANCE for as long as is required: nobody can delete.'
        when is_deletion then 'Somebody deleted from a store of logs.'
        when is_lowering then 'Somebody shortened for how long logs are kept.'
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when expires_early then 'A rule deletes after ' || cast(first_days as varchar) || ' days of ' || cast(required_days as varchar) end",
                "case when principals is not null then 'may delete: ' || principals end",
            ]) }} || '.'
        when not is_own and not {{ is_empty_list('streams') }}
            then 'The register keeps ' || {{ joined('streams') }} || ' in it, and no account that is read lists such a bucket.'
        when is_unread then 'Part of the configuration could not be read.'
        when expires_perhaps then 'A rule by tag or size may be about logs and delete them before their time.'
        when event_id is not null then 'It shortened nothing.'
        else 'No rule and nobody deletes before the time.'
    end as reason,
    store_id,
    streams,
    first_days as rule_days,
    principals as principal,
    event_id
from judged
