{%- set months = param_of('VM-05', 'max_age_months') -%}
with demanded (tier, kind, months) as (
    values
        ('critical', 'soc2_report_review', 12),
        ('critical', 'security_questionnaire', 12),
        ('high', 'soc2_report_review', 12),
        ('medium', 'security_questionnaire', {{ months }}),
        ('medium', 'policy_review', {{ months }})
),

due as (
    select
        vendors.vendor_id,
        vendors.name as vendor_name,
        vendors.tier,
        vendors.owner_key,
        demanded.kind,
        demanded.months,
        -- A vendor moved to another tier owes that tier's assessments from the day of the move.
        coalesce(vendors.retiered_on, vendors.onboarded_at) as due_from
    from {{ ref('dim_vendor') }} as vendors
    inner join demanded
        on vendors.tier = demanded.tier
    where vendors.is_registered and vendors.status = 'active'
),

assessments as (
    select
        vendor_id,
        kind,
        _seq,
        cast(performed_at as date) as performed_on,
        reviewer_id,
        approved_by,
        outcome,
        document_uri,
        report_type,
        report_period_end,
        opinion,
        performed_at is not null and reviewer_id is not null and outcome is not null as is_completed
    from ({{ newest(ref('stg_registers__vendor_assessments')) }}) as register
    where performed_at is null or cast(performed_at as date) <= {{ as_of_day() }}
),

newest_completed as (
    select * from assessments
    where is_completed
    qualify row_number() over (partition by vendor_id, kind order by performed_on desc, _seq desc) = 1
),

first_completed as (
    select
        vendor_id,
        kind,
        min(performed_on) as first_performed_on
    from assessments
    where is_completed
    group by vendor_id, kind
),

-- Documents received since the last completed assessment and not reviewed.
unreviewed as (
    select
        assessments.vendor_id,
        assessments.kind,
        max(assessments.document_uri) as document_uri
    from assessments
    left join newest_completed
        on assessments.vendor_id = newest_completed.vendor_id and assessments.kind = newest_completed.kind
    where
        assessments.document_uri is not null
        and (assessments.reviewer_id is null or assessments.outcome is null)
        and (
            newest_completed.vendor_id is null
            or assessments.performed_on is null
            or assessments.performed_on > newest_completed.performed_on
        )
    group by assessments.vendor_id, assessments.kind
),

equivalences as (
    select
        vendor_id,
        max(performed_on) as approved_on
    from assessments
    where kind = 'soc2_equivalence' and is_completed and approved_by is not null and outcome <> 'rejected'
    group by vendor_id
)

select
    due.vendor_id,
    due.vendor_name,
    due.tier,
    due.owner_key,
    due.kind,
    due.due_from,
    newest_completed.performed_on as performed_at,
    {{ plus_months('newest_completed.performed_on', 'due.months') }} as due_at,
    first_completed.first_performed_on as first_performed_at,
    newest_completed.outcome,
    newest_completed.reviewer_id,
    reviewers.person_key as reviewer_key,
    newest_completed.document_uri,
    newest_completed.report_type,
    newest_completed.report_period_end,
    newest_completed.opinion,
    unreviewed.document_uri as unreviewed_document_uri,
    equivalences.approved_on as equivalence_approved_at
from due
left join newest_completed
    on due.vendor_id = newest_completed.vendor_id and due.kind = newest_completed.kind
left join first_completed
    on due.vendor_id = first_completed.vendor_id and due.kind = first_completed.kind
left join unreviewed
    on due.vendor_id = unreviewed.vendor_id and due.kind = unreviewed.kind
left join equivalences
    on due.vendor_id = equivalences.vendor_id and due.kind = 'soc2_report_review'
left join {{ ref('int_person_refs') }} as reviewers
    on newest_completed.reviewer_id = reviewers.ref
