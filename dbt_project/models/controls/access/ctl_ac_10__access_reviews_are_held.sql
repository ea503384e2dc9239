with reviews as (
    select *
    from {{ ref('fct_access_review') }}
    where is_main
),

{#- Accounts of people who decided on themselves, and whether anybody else decided on them too. #}
own_accounts as (
    select
        review_id,
        account_id,
        max(case when decider_key = person_key then 1 else 0 end) as own_decisions,
        max(case when decider_key <> person_key then 1 else 0 end) as other_decisions,
        max(case when decided_by is not null and decider_key is null then 1 else 0 end) as unresolved
    from {{ ref('fct_access_review_line') }}
    where person_key is not null and decided_at is not null
    group by review_id, account_id
),

own_decisions as (
    select
        review_id,
        max(case when own_decisions = 1 and other_decisions = 0 then 1 else 0 end) = 1 as has_own_decision,
        max(unresolved) = 1 as has_unresolved_decider
    from own_accounts
    group by review_id
),

spells as (select * from {{ ref('dim_employment_spell') }}),

signers as (
    select
        reviews.review_id,
        max(case
            when spells.person_key is null then 1
            when spells.start_effective_at <= reviews.signed_at
                and (spells.end_effective_at is null or spells.end_effective_at >= reviews.signed_at) then 1
            else 0
        end) = 1 as worked_here
    from reviews
    left join spells on spells.person_key = reviews.signer_key
    group by reviews.review_id
),

facts as (
    select
        reviews.*,
        coalesce(own_decisions.has_own_decision, false) as has_own_decision,
        coalesce(own_decisions.has_unresolved_decider, false) as has_unresolved_decider,
        reviews.review_id is not null as is_in_register,
        reviews.completed_at is not null as is_completed,
        {{ as_of() }} >= reviews.due_end_at as is_past_due,
        reviews.signed_at is not null and reviews.signed_by is not null as has_signature,
        -- A signature of somebody else, or of somebody who had left, needs the review to be reassigned first.
        coalesce(reviews.signer_key in (reviews.reviewer_key, reviews.successor_key), reviews.signer_key = reviews.reviewer_key, false)
            and coalesce(signers.worked_here, false) as is_signature_good,
        {{ days_between('reviews.snapshot_at', 'reviews.completed_at') }} as snapshot_age_days
    from reviews
    left join own_decisions on own_decisions.review_id = reviews.review_id
    left join signers on signers.review_id = reviews.review_id
),

judged as (
    select
        *,
        {{ codes([
            ('REVIEW_MISSING', 'not is_in_register and is_past_due'),
            ('REVIEW_LATE', 'is_in_register and coalesce(completed_at >= due_end_at, is_past_due)'),
            ('UNSIGNED', 'is_completed and (not has_signature or (signer_key is not null and reviewer_key is not null and not is_signature_good))'),
            ('REVIEWER_NOT_INDEPENDENT', 'has_own_decision'),
            ('SNAPSHOT_TOO_OLD', 'snapshot_age_days > ' ~ param('snapshot_max_age_days')),
            ('SNAPSHOT_OUTSIDE_QUARTER', 'snapshot_at < quarter_start_at'),
        ]) }} as codes,
        is_completed and (
            snapshot_at is null or reviewer_key is null or (has_signature and signer_key is null) or has_unresolved_decider
        ) as is_unknown,
        not is_completed and not is_past_due as is_pending
    from facts
)

select
    review_period || '|' || system_id as entity_key,
    review_period || ', ' || system_id as entity_name,
    coalesce(successor_key, reviewer_key) as owner_key,
    {{ row_result(unknown='is_unknown', pending='is_pending') }} as result,
    codes,
    case
        when is_pending then case when is_in_register then 'Under way' else 'Not begun' end || ', due on ' || cast(due_date as varchar) || '.'
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'REVIEW_MISSING'") ~ " then 'No review is in the register; it was due on ' || cast(due_date as varchar) end",
                "case when " ~ includes('codes', "'REVIEW_LATE'") ~ " then case when is_completed then 'It was completed after ' else 'It is open after ' end || cast(due_date as varchar) end",
                "case when " ~ includes('codes', "'UNSIGNED'") ~ " then case when has_signature then 'The signer is not the reviewer, or had left' else 'It is completed but not signed' end end",
                "case when " ~ includes('codes', "'REVIEWER_NOT_INDEPENDENT'") ~ " then 'Somebody alone decided on an account of their own' end",
                "case when " ~ includes('codes', "'SNAPSHOT_TOO_OLD'") ~ " then 'The snapshot was ' || cast(cast(floor(snapshot_age_days) as bigint) as varchar) || ' days old when the review was completed' end",
                "case when " ~ includes('codes', "'SNAPSHOT_OUTSIDE_QUARTER'") ~ " then 'The snapshot is of an earlier quarter' end",
            ]) }} || '.'
        when is_unknown then 'The register does not say which snapshot was reviewed, or names somebody whom neither HR nor a contract knows.'
        else 'Completed and signed, due on ' || cast(due_date as varchar) || '.'
    end as reason,
    review_period,
    system_id,
    review_id,
    reviewer_id as reviewer,
    snapshot_at,
    due_date,
    completed_at,
    signed_at,
    report_sha256
from judged
