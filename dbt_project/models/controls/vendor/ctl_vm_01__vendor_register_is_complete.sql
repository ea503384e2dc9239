with vendors as (
    select
        *,
        nullif({{ joined('seen_in') }}, '') as seen_in_text,
        nullif({{ joined('data_classes') }}, '') as data_classes_text,
        {{ days_between('first_seen_at', as_of()) }} > {{ param('grace_days') }} as is_past_grace
    from {{ ref('dim_vendor') }}
),

judged as (
    select
        *,
        {{ codes([
            ('UNREGISTERED_VENDOR', "status = 'unregistered' and is_past_grace"),
            ('FIELD_MISSING', "status = 'active' and (tier is null or owner_id is null or data_classes_text is null)"),
            ('OWNER_INACTIVE', "status = 'active' and owner_id is not null and coalesce(owner_status, 'none') not in ('active', 'on_leave')"),
            ('ZOMBIE_VENDOR', "status = 'offboarded' and seen_in_text is not null"),
        ]) }} as codes,
        status = 'ambiguous' as is_unknown,
        status = 'unregistered' and not is_past_grace as is_pending,
        status = 'internal' or (status = 'offboarded' and seen_in_text is null) as is_excluded
    from vendors
)

select
    vendor_id as entity_key,
    name as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', pending='is_pending', excluded='is_excluded') }} as result,
    codes,
    case
        when status = 'internal' then 'Not a third party: ' || internal_reason || '.'
        when is_excluded then 'Offboarded since ' || coalesce(cast(offboarded_at as varchar), 'an unrecorded day') || ' and connected nowhere.'
        when is_unknown then 'The name belongs to more than one vendor of the register; its aliases must be corrected.'
        when is_pending
            then 'Seen in ' || seen_in_text || ' since ' || cast(cast(first_seen_at as date) as varchar)
                || ', not registered yet; {{ param_value("grace_days") }} days are allowed.'
        when {{ item_in("'UNREGISTERED_VENDOR'", 'codes') }}
            then 'Seen in ' || seen_in_text || ' since ' || cast(cast(first_seen_at as date) as varchar)
                || ', more than {{ param_value("grace_days") }} days ago, and not in the vendor register.'
        when {{ item_in("'ZOMBIE_VENDOR'", 'codes') }}
            then 'Offboarded' || coalesce(' on ' || cast(offboarded_at as varchar), '') || ' but still connected in '
                || seen_in_text || '.'
        when {{ joined('codes') }} <> ''
            then 'Registered' || case
                when {{ item_in("'FIELD_MISSING'", 'codes') }}
                    then ', without '
                        || {{ joined(present([
                            "case when tier is null then 'tier' end",
                            "case when owner_id is null then 'owner' end",
                            "case when data_classes_text is null then 'data classes' end",
                        ])) }}
                else ''
            end
            || case
                when {{ item_in("'OWNER_INACTIVE'", 'codes') }}
                    then ', owned by ' || owner_id || ', who is no active person (' || coalesce(owner_status, 'not known') || ')'
                else ''
            end || '.'
        else 'Registered as ' || tier || ', owned by ' || owner_id || ', data classes ' || data_classes_text || '.'
    end as reason,
    name as vendor,
    seen_in,
    first_seen_at,
    status as register_status,
    tier,
    owner_id
from judged
