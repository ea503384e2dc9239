with okta_apps as (
    select
        'okta' as source_id,
        label as external_name,
        min(created_at) as created_at,
        cast(min(_day) as timestamp) as first_extracted_at,
        -- Only what is connected today is a sighting; its history tells since when.
        max(case when status = 'ACTIVE' and _day = {{ as_of_day() }} then 1 else 0 end) = 1 as is_current
    from {{ ref('stg_okta__apps') }}
    where error_code is null
    group by label
),

github_apps as (
    select
        'github' as source_id,
        app_slug as external_name,
        min(created_at) as created_at,
        cast(min(_day) as timestamp) as first_extracted_at,
        max(case when _day = {{ as_of_day() }} then 1 else 0 end) = 1 as is_current
    from {{ ref('stg_github__installations') }}
    where app_slug is not null
    group by app_slug
),

sightings as (
    select
        source_id,
        lower(trim(external_name)) as name_key,
        min(external_name) as external_name,
        min(coalesce(created_at, first_extracted_at)) as first_seen_at
    from (
        select * from okta_apps
        union all
        select * from github_apps
    ) as apps
    where is_current
    group by source_id, lower(trim(external_name))
),

vendors as (
    {{ newest(ref('stg_registers__vendors')) }}
),

names as (
    select
        vendor_id,
        lower(trim(name)) as name_key
    from vendors
    union
    select
        aliases.vendor_id,
        lower(trim(aliases.alias)) as name_key
    from ({{ newest(ref('stg_registers__vendor_aliases')) }}) as aliases
    inner join vendors
        on aliases.vendor_id = vendors.vendor_id
),

known_names as (
    select
        name_key,
        min(vendor_id) as vendor_id,
        count(distinct vendor_id) as vendor_count
    from names
    group by name_key
),

internal_apps as (
    select
        lower(trim(app_label)) as name_key,
        min(reason) as reason
    from ({{ newest(ref('stg_registers__internal_apps')) }}) as listed
    group by lower(trim(app_label))
)

select
    sightings.source_id,
    sightings.external_name,
    sightings.first_seen_at,
    case
        when internal_apps.name_key is not null then 'internal:' || sightings.name_key
        when known_names.vendor_count > 1 then 'ambiguous:' || sightings.name_key
        when known_names.vendor_count = 1 then known_names.vendor_id
        else 'unregistered:' || sightings.name_key
    end as vendor_id,
    case
        when internal_apps.name_key is not null then 'internal'
        when known_names.vendor_count > 1 then 'ambiguous'
        when known_names.vendor_count = 1 then 'registered'
        else 'unregistered'
    end as resolution,
    internal_apps.reason as internal_reason
from sightings
left join known_names
    on sightings.name_key = known_names.name_key
left join internal_apps
    on sightings.name_key = internal_apps.name_key
