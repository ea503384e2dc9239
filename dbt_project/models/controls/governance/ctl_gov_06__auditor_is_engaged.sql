-- The guide selects the auditor six months before the audit: until the end of that day a letter is awaited, not missing.
with scope as (
    select engagement_id, {{ sorted_set('category') }} as categories
    from {{ ref('int_scope_dated') }}
    where in_scope
    group by engagement_id
),

engagements as (
    select
        engagements.*,
        people.person_key,
        scope.categories,
        {{ plus_months('anchor_on', '-' ~ param('select_auditor_months_before')) }} as due_on
    from {{ ref('int_engagements_dated') }} as engagements
    left join scope on engagements.engagement_id = scope.engagement_id
    left join {{ ref('int_person_refs') }} as people on coalesce(engagements.letter_signed_by, engagements.decided_by) = people.ref
),

compared as (
    select
        *,
        {{ as_of() }} >= {{ local_to_utc('cast(' ~ date_plus('due_on', 1) ~ ' as timestamp)', 'zone') }} as is_due,
        letter_signed_at is not null and letter_signed_at <= {{ as_of() }} as is_signed,
        letter_report_type <> report_type
            or letter_window_end <> last_on
            or letter_window_start <> anchor_on
            or (report_type = 'type_2' and letter_window_start is null)
            or not {{ same_texts('letter_categories', 'categories') }} as is_mismatch,
        letter_report_type is null or letter_window_end is null or letter_categories is null or letter_sha256 is null
            or report_type is null or last_on is null or categories is null as is_unclear
    from engagements
),

found as (
    select
        *,
        {{ codes([
            ('NO_AUDITOR', "(is_due or is_signed) and (auditor is null or auditor_license_no is null)"),
            ('LETTER_UNSIGNED', 'is_due and not is_signed'),
            ('LETTER_SCOPE_MISMATCH', 'is_signed and is_mismatch'),
            ('INDEPENDENCE_NOT_CONFIRMED', '(is_due or is_signed) and coalesce(independence_confirmed_at > ' ~ as_of() ~ ', true)'),
        ]) }} as codes
    from compared
)

select
    engagement_id as entity_key,
    'Auditor of ' || engagement_id as entity_name,
    person_key as owner_key,
    {{ row_result(
        unknown='(is_signed and is_unclear) or (not is_signed and is_due is null)',
        pending='not is_due and not is_signed',
        excluded='is_closed'
    ) }} as result,
    codes,
    case
        when is_closed then 'Closed on ' || cast(closed_on as varchar) || '.'
        when {{ joined('codes') }} <> '' then {{ joined(present([
            "case when " ~ item_in("'NO_AUDITOR'", 'codes') ~ " then 'No firm with a licence of its own is named.' end",
            "case when " ~ item_in("'LETTER_UNSIGNED'", 'codes') ~ " then 'The letter is not signed; it was due on ' || cast(due_on as varchar) || '.' end",
            "case when " ~ item_in("'LETTER_SCOPE_MISMATCH'", 'codes') ~ " then 'The letter names another type, other categories or another window than the register.' end",
            "case when " ~ item_in("'INDEPENDENCE_NOT_CONFIRMED'", 'codes') ~ " then 'The firm has not confirmed that it is independent.' end",
        ]), ' ') }}
        when is_signed and is_unclear then 'What the letter says, its hash, or what it is to be compared with is not in the register.'
        when is_signed then auditor || ', signed on ' || cast(cast(letter_signed_at as date) as varchar) || '.'
        when is_due is null then 'When the letter is due cannot be told: the engagement has no date.'
        else 'To be signed by ' || cast(due_on as varchar) || '.'
    end as reason,
    engagement_id,
    auditor as auditor_firm,
    auditor_license_no,
    independence_confirmed_at,
    letter_signed_at,
    letter_sha256,
    letter_report_type,
    letter_categories,
    letter_window_start,
    letter_window_end,
    due_on
from found
