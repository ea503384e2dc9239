{%- set facts = ['processes_customer_data', 'stores_customer_data', 'is_infrastructure_provider', 'has_company_data'] -%}
with vendors as (
    {{ newest(ref('stg_registers__vendors')) }}
),

sightings as (
    select
        vendor_id,
        resolution,
        min(external_name) as external_name,
        min(first_seen_at) as first_seen_at,
        min(internal_reason) as internal_reason,
        {{ ordered_list('distinct source_id', 'source_id') }} as seen_in
    from {{ ref('int_vendor_sightings_resolved') }}
    group by vendor_id, resolution
),

history as (
    select
        past.vendor_id,
        max(case when past.tier is distinct from vendors.tier then past._day end) as last_other_tier_on,
        max(
            case
                when (past.{{ facts | join(', past.') }}) is distinct from (vendors.{{ facts | join(', vendors.') }}) then past._day
            end
        ) as last_other_facts_on,
        max(
            case
                when (past.name, past.tier, past.owner_id, past.status) is distinct from
                    (vendors.name, vendors.tier, vendors.owner_id, vendors.status)
                    then past._day
            end
        ) as last_other_version_on
    from {{ ref('stg_registers__vendors') }} as past
    inner join vendors
        on past.vendor_id = vendors.vendor_id
    group by past.vendor_id
),

since as (
    select
        past.vendor_id,
        min(case when history.last_other_tier_on is not null and past._day > history.last_other_tier_on then past._day end)
            as retiered_on,
        min(case when history.last_other_facts_on is not null and past._day > history.last_other_facts_on then past._day end)
            as facts_changed_on,
        min(
            case
                when history.last_other_version_on is null or past._day > history.last_other_version_on then past._day
            end
        ) as valid_from
    from {{ ref('stg_registers__vendors') }} as past
    inner join history
        on past.vendor_id = history.vendor_id
    group by past.vendor_id
),

registered as (
    select
        vendors.vendor_id,
        vendors.name,
        true as is_registered,
        vendors.tier,
        vendors.purpose,
        -- The first rule that holds; a fact that is not recorded leaves this and all later rules open.
        case
            when vendors.processes_customer_data or vendors.stores_customer_data then 'critical'
            when vendors.processes_customer_data is null or vendors.stores_customer_data is null then null
            when vendors.is_infrastructure_provider then 'high'
            when vendors.is_infrastructure_provider is null then null
            when vendors.has_company_data then 'medium'
            when vendors.has_company_data = false then 'low'
        end as implied_tier,
        since.facts_changed_on,
        vendors.is_subservice_organization,
        vendors.subservice_method,
        vendors.processes_customer_data,
        vendors.stores_customer_data,
        vendors.is_infrastructure_provider,
        vendors.has_company_data,
        vendors.data_classes,
        vendors.owner_id,
        owners.person_key as owner_key,
        people.current_status as owner_status,
        case
            when vendors.status = 'offboarded' or cast(vendors.offboarded_at as date) <= {{ as_of_day() }} then 'offboarded'
            else 'active'
        end as status,
        cast(vendors.onboarded_at as date) as onboarded_at,
        cast(vendors.offboarded_at as date) as offboarded_at,
        since.retiered_on,
        coalesce(sightings.seen_in, {{ empty_list() }}) as seen_in,
        sightings.first_seen_at,
        cast(null as varchar) as internal_reason,
        since.valid_from
    from vendors
    left join sightings
        on vendors.vendor_id = sightings.vendor_id and sightings.resolution = 'registered'
    left join since
        on vendors.vendor_id = since.vendor_id
    left join {{ ref('int_person_refs') }} as owners
        on vendors.owner_id = owners.ref
    left join {{ ref('dim_person') }} as people
        on owners.person_key = people.person_key
),

seen_only as (
    select
        vendor_id,
        external_name as name,
        false as is_registered,
        cast(null as varchar) as tier,
        cast(null as varchar) as purpose,
        cast(null as varchar) as implied_tier,
        cast(null as date) as facts_changed_on,
        cast(null as boolean) as is_subservice_organization,
        cast(null as varchar) as subservice_method,
        cast(null as boolean) as processes_customer_data,
        cast(null as boolean) as stores_customer_data,
        cast(null as boolean) as is_infrastructure_provider,
        cast(null as boolean) as has_company_data,
        cast(null as varchar[]) as data_classes,
        cast(null as varchar) as owner_id,
        cast(null as varchar) as owner_key,
        cast(null as varchar) as owner_status,
        resolution as status,
        cast(null as date) as onboarded_at,
        cast(null as date) as offboarded_at,
        cast(null as date) as retiered_on,
        seen_in,
        first_seen_at,
        internal_reason,
        cast(first_seen_at as date) as valid_from
    from sightings
    where resolution <> 'registered'
)

select
    vendor_id,
    name,
    is_registered,
    tier,
    purpose,
    implied_tier,
    facts_changed_on,
    is_subservice_organization,
    subservice_method,
    processes_customer_data,
    stores_customer_data,
    is_infrastructure_provider,
    has_company_data,
    data_classes,
    owner_id,
    owner_key,
    owner_status,
    status,
    onboarded_at,
    offboarded_at,
    retiered_on,
    seen_in,
    first_seen_at,
    internal_reason,
    valid_from,
    cast(null as date) as valid_to
from (
    select * from registered
    union all
    select * from seen_only
) as vendors_and_sightings
