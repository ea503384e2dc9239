-- The newest interval whose grace has run out: a job that began in it had the time to end.
with bounds as (
    select
        {{ plus_hours(as_of(), '-' ~ param('interval_hours') ~ ' - ' ~ param('grace_hours')) }} as interval_start,
        {{ plus_hours(as_of(), '-' ~ param('grace_hours')) }} as interval_end
),

jobs as (
    select
        jobs.store_id,
        max(case when upper(jobs.state) = 'COMPLETED' then 1 else 0 end) = 1 as has_completed,
        -- The next night's job does not make up for one of this interval that failed.
        max(case when upper(jobs.state) = 'COMPLETED' and jobs.started_at < bounds.interval_end then 1 else 0 end) = 1
            as has_completed_in_time,
        max(case when upper(jobs.state) = 'COMPLETED' then jobs.completed_at end) as completed_at,
        max(case when upper(jobs.state) in ('FAILED', 'ABORTED', 'EXPIRED', 'PARTIAL') and jobs.started_at < bounds.interval_end then 1 else 0 end) = 1
            as has_failed,
        -- What the interval itself had, else the newest since.
        coalesce(
            {{ latest_value('case when jobs.started_at < bounds.interval_end then jobs.job_id end', 'jobs.started_at') }},
            {{ latest_value('jobs.job_id', 'jobs.started_at') }}
        ) as job_id,
        coalesce(
            {{ latest_value('case when jobs.started_at < bounds.interval_end then jobs.state end', 'jobs.started_at') }},
            {{ latest_value('jobs.state', 'jobs.started_at') }}
        ) as state
    from {{ ref('stg_aws_availability__backup_jobs') }} as jobs
    cross join bounds
    where jobs._day = {{ as_of_day() }}
        and jobs.job_id is not null
        and jobs.started_at >= bounds.interval_start
        and jobs.started_at <= {{ as_of() }}
    group by jobs.store_id
),

stores as (
    select
        databases.database_id as store_id,
        databases.name,
        databases.kind,
        databases.region,
        databases.classification,
        databases.owner_key,
        databases.created_at,
        databases.role,
        lower(coalesce(databases.status, '')) as status,
        resilience.backup_retention_days as retention_days,
        resilience.restorable_at,
        resilience.replica_source,
        cast(null as varchar) as versioning
    from {{ ref('dim_database') }} as databases
    left join {{ ref('int_database_resilience') }} as resilience on resilience.database_id = databases.database_id
    where databases.valid_to is null
    union all
    select
        store_id, bucket_name, 'bucket', region, classification, owner_key, created_at, 'primary', '', null, null, null, versioning
    from {{ ref('dim_bucket') }}
    where valid_to is null
),

sources as (
    select
        stores.*,
        bounds.interval_start,
        bounds.interval_end,
        jobs.job_id,
        jobs.state,
        jobs.completed_at,
        coalesce(jobs.has_completed, false) as has_completed,
        coalesce(jobs.has_failed, false) and not coalesce(jobs.has_completed_in_time, false) as has_only_failed,
        coalesce(replicated.retention_days, 0) > 0 as is_source_backed_up,
        coalesce(stores.created_at >= bounds.interval_start, false) as is_new,
        -- Nothing is written to what stands still.
        stores.status = 'stopped' as is_stopped,
        -- Caches and warehouses take their automatic snapshots themselves and name no restore point.
        stores.kind in ('instance', 'cluster', 'table') as names_restore_point,
        stores.kind = 'bucket' as is_bucket
    from stores
    cross join bounds
    left join jobs on jobs.store_id = stores.store_id
    left join stores as replicated
        on stores.role = 'replica'
        and replicated.kind = stores.kind
        and replicated.role = 'primary'
        and replicated.store_id <> stores.store_id
        and (
            replicated.store_id = stores.replica_source
            or (replicated.name = stores.replica_source and replicated.region = stores.region)
        )
),

judged as (
    select
        *,
        {{ codes([
            ('BACKUP_MISSED',
                "not is_bucket and names_restore_point and not has_completed and retention_days is not null and not is_new"
                ~ " and (retention_days = 0 or (not is_stopped and coalesce(restorable_at < interval_start, true)))"),
            ('BACKUP_FAILED', 'has_only_failed'),
            ('RETENTION_LOW', 'not is_bucket and retention_days < ' ~ param('min_retention_days')),
            ('NOT_VERSIONED', "is_bucket and versioning <> 'Enabled' and " ~ includes(param('versioned_classes'), 'classification')),
        ]) }} as found,
        case
            when is_bucket then versioning is null or (classification is null and versioning <> 'Enabled')
            else retention_days is null
        end as is_unknown,
        case
            when role = 'member' then 'Member of a cluster, which is backed up as a whole.'
            when status = 'deleting' then 'Being deleted.'
            when role = 'replica' and is_source_backed_up and coalesce(retention_days, 0) = 0 then 'Replica without backups of its own; its source is backed up.'
            when is_bucket and classification is not null and not {{ includes(param('versioned_classes'), 'classification') }}
                then 'Holds ' || classification || ' data, which can be made again.'
        end as exclusion
    from sources
),

listed as (
    select *, case when exclusion is not null then {{ empty_codes() }} else found end as codes
    from judged
)

select
    store_id as entity_key,
    name as entity_name,
    owner_key,
    {{ row_result(
        unknown='is_unknown',
        excluded='exclusion is not null',
        pending='is_new and not is_bucket and names_restore_point and restorable_at is null and ' ~ is_empty_list('codes'),
    ) }} as result,
    codes,
    case
        when exclusion is not null then exclusion
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'BACKUP_FAILED'") ~ " then 'The backup jobs of the interval ended as ' || coalesce(state, 'failed') end",
                "case when " ~ includes('codes', "'BACKUP_MISSED'") ~ " and retention_days = 0 then 'No automatic backup and no completed job' when " ~ includes('codes', "'BACKUP_MISSED'") ~ " then 'The newest restore point is ' || coalesce('of ' || cast(restorable_at as varchar), 'none') end",
                "case when " ~ includes('codes', "'RETENTION_LOW'") ~ " and retention_days = 0 then 'Automatic backups are switched off' when " ~ includes('codes', "'RETENTION_LOW'") ~ " then 'Backups are kept for ' || cast(retention_days as varchar) || ' days' end",
                "case when " ~ includes('codes', "'NOT_VERSIONED'") ~ " then 'Older versions of its objects are not kept: versioning is ' || lower(versioning) end",
            ]) }} || '.'
        when is_unknown then case when is_bucket then 'Its class or its versioning could not be read.' else 'Its backup settings could not be read.' end
        when is_bucket then 'Keeps older versions of its objects.'
        when is_new and names_restore_point and restorable_at is null then 'New: its first backup is still to come.'
        when has_completed then 'A job completed at ' || cast(completed_at as varchar) || '; kept for ' || cast(retention_days as varchar) || ' days.'
        when is_stopped then 'Stopped; the backups that there are, are kept.'
        when names_restore_point then 'Restorable to ' || cast(restorable_at as varchar) || '; kept for ' || cast(retention_days as varchar) || ' days.'
        else 'Snapshots are taken daily and kept for ' || cast(retention_days as varchar) || ' days.'
    end as reason,
    store_id,
    kind,
    region,
    interval_start,
    interval_end,
    job_id,
    state,
    restorable_at,
    retention_days,
    case
        when exclusion is not null then {{ empty_codes() }}
        else {{ demands([
            ('rds_backup_on', "kind in ('instance', 'cluster')"),
            ('dynamodb_pitr', "kind = 'table'"),
            ('elasticache_backup', "kind = 'cache'"),
            ('redshift_snapshots', "kind = 'warehouse'"),
            ('s3_versioning', 'is_bucket'),
        ]) }}
    end as demands
from listed
