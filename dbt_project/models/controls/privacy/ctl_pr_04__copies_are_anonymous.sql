with jobs as (
    select
        store_ref,
        max(run_at) as masked_at
    from ({{ newest(ref('stg_registers__masking_jobs')) }}) as runs
    where {{ item_in('method', param('methods')) }} and verified_by is not null and run_at <= {{ as_of() }}
    group by store_ref
),

fields as (
    select * from {{ ref('dim_pii_field') }}
),

-- A store that shares a table and field with the inventory of another may have been made from it.
alike as (
    select
        copies.store_ref,
        min(originals.store_ref) as source_ref
    from ({{ newest(ref('stg_privacy__catalog_scans')) }}) as copies
    inner join ({{ newest(ref('stg_registers__pii_inventory')) }}) as originals
        on copies.table_name = originals.table_name
        and copies.column_name = originals.field_name
        and copies.store_ref <> originals.store_ref
    inner join {{ ref('dim_data_store') }} as stores
        on copies.store_ref = stores.store_id
    where stores.environment in ('staging', 'development')
    group by copies.store_ref
),

listed as (
    select copies.*
    from ({{ newest(ref('stg_registers__data_copies')) }}) as copies
    left join {{ ref('dim_data_store') }} as originals
        on copies.source_ref = originals.store_id
    where copies.environment <> 'production'
        and (originals.classification = 'pii' or copies.source_ref in (select store_ref from fields where is_in_inventory))
),

scans as (
    select
        store_ref,
        max(scanned_at) as scanned_at,
        max(case when detected_type is not null then sample_match_rate end) as match_rate,
        max(case when detected_type is not null and sample_match_rate is null then 1 else 0 end) = 1 as has_no_rate
    from ({{ newest(ref('stg_privacy__catalog_scans')) }}) as newest_scan
    group by store_ref
),

members as (
    select store_ref, source_ref, environment, refreshed_at, owner_id, true as is_listed
    from listed
    union all
    select alike.store_ref, alike.source_ref, null, null, null, false
    from alike
    where alike.store_ref not in (select store_ref from listed)
),

facts as (
    select
        members.store_ref,
        members.source_ref,
        coalesce(members.environment, stores.environment) as environment,
        members.refreshed_at,
        members.is_listed,
        coalesce(stores.name, members.store_ref) as store_name,
        coalesce(owners.person_key, stores.owner_key) as owner_key,
        jobs.masked_at,
        scans.scanned_at,
        coalesce(scans.match_rate, 0) as match_rate,
        coalesce(scans.has_no_rate, false) as has_no_rate
    from members
    left join {{ ref('dim_data_store') }} as stores
        on members.store_ref = stores.store_id
    left join {{ ref('int_person_refs') }} as owners
        on members.owner_id = owners.ref
    left join jobs
        on members.store_ref = jobs.store_ref
    left join scans
        on members.store_ref = scans.store_ref
),

judged as (
    select
        *,
        {{ codes([
            ('PII_IN_NONPROD', 'match_rate > ' ~ param('max_match_rate')),
            ('NOT_MASKED', 'is_listed and refreshed_at is not null and coalesce(masked_at < refreshed_at, true)'),
        ]) }} as codes,
        scanned_at is null
        or {{ days_between('scanned_at', as_of()) }} > {{ param('scan_max_age_days') }}
        or scanned_at < refreshed_at
        or refreshed_at is null
        or has_no_rate as is_unknown
    from facts
)

select
    store_ref as entity_key,
    store_name || coalesce(', ' || environment, '') as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case
        when {{ joined('codes') }} <> ''
            then {{ joined(present([
                "case when " ~ item_in("'PII_IN_NONPROD'", 'codes') ~ " then cast(round(100 * match_rate, 1) as varchar) || ' % of sampled values look like personal data.' end",
                "case when " ~ item_in("'NOT_MASKED'", 'codes') ~ " then 'Copied at ' || cast(refreshed_at as varchar) || ' UTC and ' || coalesce('last made anonymous before, at ' || cast(masked_at as varchar) || ' UTC.', 'never made anonymous.') end",
            ]), ' ') }}
        when scanned_at is null then 'The copy was never scanned.'
        when refreshed_at is null
            then case when is_listed then 'Nothing says when it was copied.' else 'It has fields of ' || source_ref || ' and no register says that it is a copy.' end
        when scanned_at < refreshed_at then 'It was copied again since it was scanned.'
        when has_no_rate then 'The scan gives no share of values.'
        when is_unknown then 'Last scanned on ' || cast(cast(scanned_at as date) as varchar) || '.'
        else 'Made anonymous at ' || cast(masked_at as varchar) || ' UTC; no value looks like personal data.'
    end as reason,
    store_ref,
    source_ref,
    environment,
    refreshed_at,
    masked_at as masking_run_at,
    scanned_at,
    match_rate
from judged
