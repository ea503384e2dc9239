with judged as (
    select
        *,
        {{ codes([
            ('UNAPPROVED_FIELD', 'detected_type is not null and (not is_in_inventory or approved_by is null)'),
            ('NO_PURPOSE', 'is_in_inventory and purpose is null'),
            ('OVER_RETENTION', 'not is_held and ' ~ days_between('oldest_record_at', as_of()) ~ ' > max_age_days'),
        ]) }} as codes,
        scanned_at is null
        or {{ days_between('scanned_at', as_of()) }} > {{ param('scan_max_age_days') }}
        or (is_in_inventory and not is_held and (max_age_days is null or measured_at is null)) as is_unknown
    from {{ ref('dim_pii_field') }}
    where coalesce(environment, 'production') not in ('staging', 'development')
)

select
    store_ref || coalesce('|' || table_name || '|' || field_name, '') as entity_key,
    store_name || coalesce(', ' || table_name || '.' || field_name, '') as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case
        when {{ joined('codes') }} <> ''
            then {{ joined(present([
                "case when " ~ item_in("'UNAPPROVED_FIELD'", 'codes') ~ " then 'Looks like ' || detected_type || ', and ' || case when is_in_inventory then 'nobody approved it.' else 'the inventory does not have it.' end end",
                "case when " ~ item_in("'NO_PURPOSE'", 'codes') ~ " then 'The inventory names no purpose.' end",
                "case when " ~ item_in("'OVER_RETENTION'", 'codes') ~ " then 'The oldest record is of ' || cast(cast(oldest_record_at as date) as varchar) || ', ' || cast(max_age_days as varchar) || ' days are allowed.' end",
            ]), ' ') }}
        when scanned_at is null then 'The store was never scanned.'
        when is_unknown and {{ days_between('scanned_at', as_of()) }} > {{ param('scan_max_age_days') }}
            then 'Last scanned on ' || cast(cast(scanned_at as date) as varchar) || '.'
        when is_unknown then 'Nothing says how long it may be kept, or how old the data are.'
        when field_name is null then 'Scanned; no personal data were detected.'
        else 'Approved for: ' || purpose || '.'
    end as reason,
    store_ref,
    table_name,
    field_name,
    detected_type,
    purpose,
    approved_by,
    max_age_days,
    is_held,
    oldest_record_at,
    scanned_at
from judged
