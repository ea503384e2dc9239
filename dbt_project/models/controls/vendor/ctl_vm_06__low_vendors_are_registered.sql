with confirmations as (
    select
        vendor_id,
        max(cast(performed_at as date)) as confirmed_on
    from ({{ newest(ref('stg_registers__vendor_assessments')) }}) as register
    where
        kind = 'low_tier_confirmation'
        and cast(performed_at as date) <= {{ as_of_day() }}
        and reviewer_id is not null
        and outcome is not null
    group by vendor_id
),

vendors as (
    select
        vendors.*,
        nullif({{ joined('vendors.data_classes') }}, '') as data_classes_text,
        confirmations.confirmed_on,
        -- Whoever registers a low vendor says for the first time that it sees no sensitive data.
        {{ plus_months('coalesce(confirmations.confirmed_on, vendors.onboarded_at)', param('confirm_months')) }} as confirmed_until
    from {{ ref('dim_vendor') }} as vendors
    left join confirmations
        on vendors.vendor_id = confirmations.vendor_id
    where vendors.is_registered and vendors.status = 'active' and vendors.tier = 'low'
),

judged as (
    select
        *,
        {{ codes([
            ('ENTRY_INCOMPLETE', 'owner_id is null or purpose is null or data_classes_text is null'),
            ('LOW_TIER_UNCONFIRMED', 'confirmed_until < ' ~ as_of_day()),
        ]) }} as codes,
        confirmed_until is null as is_unknown
    from vendors
)

select
    vendor_id as entity_key,
    name as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case
        when {{ joined('codes') }} <> ''
            then {{ joined(present([
                "case when " ~ item_in("'ENTRY_INCOMPLETE'", 'codes') ~ " then 'Registered without ' || "
                ~ joined(present([
                    "case when owner_id is null then 'owner' end",
                    "case when purpose is null then 'purpose' end",
                    "case when data_classes_text is null then 'data classes' end",
                ])) ~ " || '.' end",
                "case when " ~ item_in("'LOW_TIER_UNCONFIRMED'", 'codes') ~ " then 'That it sees no sensitive data was last said on ' || cast(coalesce(confirmed_on, onboarded_at) as varchar) || ', good until ' || cast(confirmed_until as varchar) || '.' end",
            ]), ' ') }}
        when is_unknown then 'Nothing says when it was registered or confirmed as low.'
        else 'Registered for: ' || purpose || '. Nothing more is demanded before ' || cast(confirmed_until as varchar) || '.'
    end as reason,
    vendor_id,
    tier,
    purpose,
    data_classes,
    owner_id,
    confirmed_on,
    confirmed_until as due_at
from judged
