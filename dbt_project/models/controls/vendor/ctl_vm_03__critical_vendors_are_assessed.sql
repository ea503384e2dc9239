with due as (
    select
        assessments.*,
        {{ current_until() }} as current_until,
        assessments.due_from + {{ param('new_vendor_grace_days') }} as demanded_from,
        engagement.window_start
    from {{ ref('fct_vendor_assessment_due') }} as assessments
    left join {{ ref('dim_engagement') }} as engagement
        on true
    where assessments.tier = 'critical'
),

facts as (
    select
        *,
        kind = 'soc2_report_review' and performed_at is not null as has_report,
        kind = 'soc2_report_review' and report_type <> 'soc2_type2'
        and coalesce({{ plus_year('equivalence_approved_at') }} < {{ as_of_day() }}, true) as has_wrong_report
    from due
),

judged as (
    select
        *,
        {{ codes(assessment_codes('demanded_from') + [
            ('WRONG_REPORT_TYPE', 'has_report and has_wrong_report'),
            ('ASSESSED_AFTER_ONBOARDING', 'first_performed_at > demanded_from and due_from >= window_start'),
        ]) }} as codes,
        -- Without a report type nobody can say what was reviewed; without a start nobody can say if it was in time.
        (has_report and report_type is null)
        or (due_from is null and performed_at is not null)
        or window_start is null as is_unknown,
        coalesce(demanded_from > {{ as_of_day() }}, false) and performed_at is null as is_pending
    from facts
)

select
    vendor_id || '|' || kind as entity_key,
    vendor_name || ', ' || replace(kind, '_', ' ') as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', pending='is_pending') }} as result,
    codes,
    case
        when is_pending then 'Not demanded before ' || cast(demanded_from as varchar) || '.'
        when {{ joined('codes') }} <> ''
            then {{ joined(present(assessment_reasons('No completed assessment of this kind.', 'assessed') + [
                "case when " ~ item_in("'WRONG_REPORT_TYPE'", 'codes') ~ " then 'The report reviewed is of type ' || report_type || ', a SOC 2 Type II report is demanded and no equivalence is approved' || case when report_type = 'soc2_type1' then ' (Type I: medium).' else '.' end end",
                "case when " ~ item_in("'ASSESSED_AFTER_ONBOARDING'", 'codes') ~ " then 'First assessed on ' || cast(first_performed_at as varchar) || ', after it was due on ' || cast(demanded_from as varchar) || '.' end",
            ]), ' ') }}
        when is_unknown
            then case
                when has_report and report_type is null then 'The register does not say which type of report was reviewed.'
                when window_start is null then 'No engagement says which window is judged.'
                else 'The register does not say when the vendor was onboarded.'
            end
        else 'Assessed on ' || cast(performed_at as varchar) || ', current until ' || cast(current_until as varchar) || '.'
            || case
                when has_report and report_type <> 'soc2_type2'
                    then ' Its ' || report_type || ' was approved in place of SOC 2 on ' || cast(equivalence_approved_at as varchar) || '.'
                else ''
            end
    end as reason,
    vendor_id,
    tier,
    kind,
    performed_at,
    current_until as due_at,
    reviewer_id as reviewer,
    report_type,
    report_period_end,
    opinion,
    case when {{ joined('codes') }} = 'WRONG_REPORT_TYPE' and report_type = 'soc2_type1' then 'medium' else 'high' end
        as severity
from judged
