with judged as (
    select
        *,
        {{ codes([
            ('ASSESSMENT_MISSING', 'performed_at is null and due_from <= ' ~ as_of_day()),
            ('ASSESSMENT_OVERDUE', plus_months('performed_at', param('max_age_months')) ~ ' < ' ~ as_of_day()),
        ]) }} as codes,
        performed_at is null and due_from is null as is_unknown,
        coalesce(due_from > {{ as_of_day() }}, false) and performed_at is null as is_pending
    from {{ ref('fct_vendor_assessment_due') }}
    where tier = 'medium'
)

select
    vendor_id || '|' || kind as entity_key,
    vendor_name || ', ' || replace(kind, '_', ' ') as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', pending='is_pending') }} as result,
    codes,
    case
        when is_pending then 'Not demanded before ' || cast(due_from as varchar) || '.'
        when is_unknown then 'No completed assessment, and the register does not say since when the vendor is used.'
        when performed_at is null then 'No completed assessment of this kind.'
        else 'Last assessed on ' || cast(performed_at as varchar)
            || ', current for {{ param_value("max_age_months") }} months, until ' || cast(due_at as varchar) || '.'
    end as reason,
    vendor_id,
    tier,
    kind,
    performed_at,
    due_at,
    reviewer_id as reviewer
from judged
