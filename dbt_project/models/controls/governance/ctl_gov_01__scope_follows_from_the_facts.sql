-- Engagements that are done with were judged while they were not.
with engagements as (
    select engagement_id from {{ ref('int_engagements_dated') }} where not is_closed
),

categories as (
    select * from (values
        ('Security', cast(null as varchar)),
        ('Availability', 'has_uptime_commitments'),
        ('Confidentiality', 'handles_sensitive_data'),
        ('Processing Integrity', 'processes_financial_transactions'),
        ('Privacy', 'subject_to_gdpr or subject_to_ccpa')
    ) as listed (category, fact)
),

facts as (
    select fact, holds from ({{ newest(ref('stg_registers__scope_facts')) }}) as register
    union all
    -- True when either is, unknown when neither is and one may be.
    select
        'subject_to_gdpr or subject_to_ccpa',
        case
            when count(case when holds then 1 end) > 0 then true
            when count(holds) = 2 then false
        end
    from ({{ newest(ref('stg_registers__scope_facts')) }}) as register
    where fact in ('subject_to_gdpr', 'subject_to_ccpa')
),

judged as (
    select
        engagements.engagement_id,
        categories.category,
        categories.fact,
        facts.holds,
        scope.in_scope,
        nullif(trim(scope.rationale), '') as rationale,
        scope.approved_by,
        scope.approved_at,
        scope.commit_sha,
        people.person_key as owner_key,
        facts.holds and not coalesce(scope.in_scope, false) and nullif(trim(scope.rationale), '') is null as is_mismatch
    from engagements
    cross join categories
    left join {{ ref('int_scope_dated') }} as scope
        on engagements.engagement_id = scope.engagement_id and categories.category = scope.category
    left join facts
        on categories.fact = facts.fact
    left join {{ ref('int_person_refs') }} as people
        on scope.approved_by = people.ref
),

found as (
    select
        *,
        {{ codes([
            ('SECURITY_OUT_OF_SCOPE', item_in('category', param('mandatory_categories')) ~ ' and not coalesce(in_scope, false)'),
            ('NO_RATIONALE', 'rationale is null or approved_by is null or approved_at is null'),
            ('AVAILABILITY_FACT_MISMATCH', "category = 'Availability' and is_mismatch"),
            ('CONFIDENTIALITY_FACT_MISMATCH', "category = 'Confidentiality' and is_mismatch"),
            ('PI_FACT_MISMATCH', "category = 'Processing Integrity' and is_mismatch"),
            ('PRIVACY_FACT_MISMATCH', "category = 'Privacy' and is_mismatch"),
            ('SCOPE_STALE', plus_days('approved_at', param('scope_review_max_age_days')) ~ ' < ' ~ as_of()),
        ]) }} as codes
    from judged
)

select
    engagement_id || '|' || category as entity_key,
    category || ' of ' || engagement_id as entity_name,
    owner_key,
    {{ row_result(unknown='fact is not null and holds is null') }} as result,
    codes,
    case
        when {{ item_in("'SECURITY_OUT_OF_SCOPE'", 'codes') }} then 'Every report covers it, and the register does not.'
        when is_mismatch then 'The company says that this holds: ' || fact || '. The category is left out without a rationale.'
        when {{ item_in("'NO_RATIONALE'", 'codes') }} then 'The register lacks the category, its rationale or its approval.'
        when {{ item_in("'SCOPE_STALE'", 'codes') }} then 'Approved on ' || cast(cast(approved_at as date) as varchar) || ': too long ago.'
        when fact is not null and holds is null then 'Nobody has said whether this holds: ' || fact || '.'
        else case when in_scope then 'In scope' else 'Out of scope' end || ', approved by ' || approved_by || ' on '
            || cast(cast(approved_at as date) as varchar) || '.'
    end as reason,
    engagement_id,
    category,
    in_scope,
    rationale,
    fact,
    holds as fact_holds,
    approved_by,
    approved_at,
    commit_sha as register_commit_sha
from found
