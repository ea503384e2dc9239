with due as (
    select
        *,
        case when {{ param('annual_rule') }} = 'calendar' then due_at else performed_at + 365 end as current_until
    from {{ ref('fct_vendor_assessment_due') }}
    where tier = 'high'
),

judged as (
    select
        *,
        {{ codes([
            ('ASSESSMENT_MISSING', 'performed_at is null and coalesce(due_from <= ' ~ as_of_day() ~ ', true)'),
            ('ASSESSMENT_OVERDUE', 'current_until < ' ~ as_of_day()),
            ('REPORT_NOT_REVIEWED', 'unreviewed_document_uri is not null'),
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
            then {{ joined(present([
                "case when " ~ item_in("'ASSESSMENT_MISSING'", 'codes') ~ " then 'No SOC 2 or SOC 3 report was reviewed.' end",
                "case when " ~ item_in("'ASSESSMENT_OVERDUE'", 'codes') ~ " then 'Last reviewed on ' || cast(performed_at as varchar) || ', current until ' || cast(current_until as varchar) || '.' end",
                "case when " ~ item_in("'REPORT_NOT_REVIEWED'", 'codes') ~ " then 'A document was received but has no reviewer or no outcome: ' || unreviewed_document_uri || '.' end",
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
