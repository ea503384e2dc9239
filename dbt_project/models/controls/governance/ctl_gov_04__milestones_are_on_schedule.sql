with found as (
    select
        *,
        {{ codes([
            ('MILESTONE_MISSING', 'not is_registered'),
            ('MILESTONE_LATE', 'is_registered and coalesce(completed_at, ' ~ as_of() ~ ') >= due_until'),
            ('MILESTONE_NO_EVIDENCE', "completed_at is not null and trim(coalesce(evidence_uri, '')) = ''"),
            ('MILESTONE_COMPLETED_IN_FUTURE', 'completed_at > ' ~ as_of()),
        ]) }} as codes
    from {{ ref('fct_milestone') }}
)

select
    engagement_id || '|' || milestone as entity_key,
    replace(milestone, '_', ' ') || ' for ' || engagement_id as entity_name,
    owner_key,
    {{ row_result(
        unknown='due_until is null',
        pending="is_registered and completed_at is null and " ~ as_of() ~ " < due_until",
        excluded='is_closed'
    ) }} as result,
    codes,
    case
        when is_closed then 'The engagement is closed.'
        when {{ item_in("'MILESTONE_MISSING'", 'codes') }} then 'The register has no row for it.'
        when due_until is null then 'When it is due cannot be told: the engagement has no date.'
        when completed_at > {{ as_of() }} then 'Said to be done on ' || cast(cast(completed_at as date) as varchar) || ', which is still to come.'
        else 'Due on ' || cast(due_on as varchar) || ', ' || standing
            || case when {{ item_in("'MILESTONE_NO_EVIDENCE'", 'codes') }} then ', without evidence.' else '.' end
    end as reason,
    engagement_id,
    milestone,
    stage,
    due_on,
    completed_at,
    owner_id as owner,
    evidence_uri,
    greatest({{ whole_days('due_on', 'cast(coalesce(completed_at, ' ~ as_of() ~ ') as date)') }}, 0) as days_late
from found
