with due as (
    select
        *,
        {{ current_until() }} as current_until
    from {{ ref('fct_vendor_assessment_due') }}
    where tier = 'high'
),

judged as (
    select
        *,
        {{ codes(assessment_codes('due_from') + [
            ('WRONG_REPORT_TYPE', 'report_type is not null and not ' ~ item_in('report_type', param('accepted_reports'))),
        ]) }} as codes,
        performed_at is not null and report_type is null as is_unknown,
        coalesce(due_from > {{ as_of_day() }}, false) and performed_at is null as is_pending
    from due
)

select
    vendor_id || '|' || kind as entity_key,
    vendor_name || ', ' || replace(kind, '_', ' ') as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', pending='is_pending') }} as result,
    codes,
    case
        when is_pending then 'Not demanded before ' || cast(due_from as varchar) || '.'
        when {{ joined('codes') }} <> ''
            then {{ joined(present(assessment_reasons('No SOC 2 or SOC 3 report was reviewed.', 'reviewed') + [
                "case when " ~ item_in("'WRONG_REPORT_TYPE'", 'codes') ~ " then 'What was reviewed is of type ' || report_type || '.' end",
            ]), ' ') }}
        when is_unknown then 'The register does not say which type of report was reviewed.'
        else 'A report of type ' || report_type || ' was reviewed on ' || cast(performed_at as varchar) || ', current until '
            || cast(current_until as varchar) || '.'
    end as reason,
    vendor_id,
    tier,
    kind,
    performed_at,
    current_until as due_at,
    reviewer_id as reviewer,
    report_type,
    report_period_end,
    opinion
from judged
