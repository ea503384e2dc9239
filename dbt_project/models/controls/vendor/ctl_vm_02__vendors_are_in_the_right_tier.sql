{%- set tiers = "['low', 'medium', 'high', 'critical']" -%}
with demanded as (
    select
        *,
        -- The guide names infrastructure providers as high although their machines store customer data.
        case
            when is_infrastructure_provider
                and {{ position_in(tiers, 'implied_tier') }} > {{ position_in(tiers, param('infra_provider_max_tier')) }}
                then {{ param('infra_provider_max_tier') }}
            else implied_tier
        end as demanded_tier
    from {{ ref('dim_vendor') }}
    where is_registered and status = 'active'
),

ranked as (
    select
        *,
        {{ position_in(tiers, 'tier') }} as tier_rank,
        {{ position_in(tiers, 'demanded_tier') }} as demanded_rank,
        facts_changed_on + {{ param('retier_days') }} as retier_by
    from demanded
),

judged as (
    select
        *,
        {{ codes([
            ('TIER_TOO_LOW', 'tier_rank < demanded_rank'),
            ('TIER_TOO_HIGH', 'tier_rank > demanded_rank'),
            ('FACTS_MISSING', 'demanded_tier is null or tier is null'),
        ]) }} as codes,
        coalesce(tier_rank < demanded_rank and retier_by >= {{ as_of_day() }}, false) as is_pending
    from ranked
)

select
    vendor_id as entity_key,
    name as entity_name,
    owner_key,
    {{ row_result(pending='is_pending') }} as result,
    codes,
    case
        when tier is null then 'The register gives no tier.'
        when demanded_tier is null then 'A fact that decides the tier is not recorded.'
        when is_pending
            then 'Its facts changed on ' || cast(facts_changed_on as varchar) || ' and ask for ' || demanded_tier
                || '; it may stay ' || tier || ' until ' || cast(retier_by as varchar) || '.'
        when tier_rank < demanded_rank then 'In tier ' || tier || ', and its facts ask for ' || demanded_tier || '.'
        when tier_rank > demanded_rank then 'In tier ' || tier || ', more than its facts ask for (' || demanded_tier || ').'
        when demanded_tier <> implied_tier
            then 'In tier ' || tier || ' as an infrastructure provider; customer data alone would ask for ' || implied_tier || '.'
        else 'In the tier that its facts ask for: ' || tier || '.'
    end as reason,
    vendor_id,
    tier,
    implied_tier,
    demanded_tier,
    processes_customer_data,
    stores_customer_data,
    is_infrastructure_provider,
    has_company_data,
    facts_changed_on
from judged
