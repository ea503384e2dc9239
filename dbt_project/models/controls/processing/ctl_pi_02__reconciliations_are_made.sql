with facts as (
    select
        *,
        -- Two totals of one query agree whatever happened: nothing was reconciled.
        performed_at is not null and coalesce(left_query = right_query, false) as is_one_sided,
        abs(left_total - right_total) as gap
    from {{ ref('fct_reconciliation') }}
),

judged as (
    select
        *,
        {{ codes([
            ('RECON_MISSED', 'performed_at is null or is_one_sided'),
            ('RECON_LATE', 'performed_at > due_at'),
            ('DIFFERENCE_OPEN', 'gap > ' ~ param('tolerance_abs') ~ ' and ' ~ plus_business_days('performed_at', param('clear_business_days')) ~ ' < coalesce(breaks_last_cleared_at, ' ~ as_of() ~ ')'),
            ('NOT_REVIEWED', "performed_at is not null and (reviewed_by = performed_by or (reviewed_by is null and " ~ plus_business_days('performed_at', param('review_business_days')) ~ " < " ~ as_of() ~ "))"),
        ]) }} as codes,
        performed_at is not null and (gap is null or difference is distinct from (left_total - right_total) or performed_by is null)
            as is_unknown
    from facts
)

select
    recon_id || '|' || cast(due_date as varchar) as entity_key,
    recon_name || ', for ' || cast(due_date as varchar) as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case
        when {{ joined('codes') }} <> ''
            then {{ joined(present([
                "case when " ~ item_in("'RECON_MISSED'", 'codes') ~ " then case when is_one_sided then 'Both totals come from the same query: nothing was compared.' else 'Not made, due at ' || cast(due_at as varchar) || ' UTC.' end end",
                "case when " ~ item_in("'RECON_LATE'", 'codes') ~ " then 'Made at ' || cast(performed_at as varchar) || ' UTC, due at ' || cast(due_at as varchar) || ' UTC.' end",
                "case when " ~ item_in("'DIFFERENCE_OPEN'", 'codes') ~ " then 'A difference of ' || cast(gap as varchar) || ' was not cleared in time.' end",
                "case when " ~ item_in("'NOT_REVIEWED'", 'codes') ~ " then case when reviewed_by = performed_by then 'Reviewed by whoever made it.' else 'Nobody reviewed it.' end end",
            ]), ' ') }}
        when is_unknown then 'The totals, their difference or who compared them are not recorded, or do not fit each other.'
        when gap > {{ param('tolerance_abs') }} then 'A difference of ' || cast(gap as varchar) || ', cleared or still within its days.'
        else 'Made in time; the totals agree.'
    end as reason,
    recon_id,
    due_date,
    due_at,
    performed_at,
    performed_by,
    reviewed_by,
    difference,
    breaks_open,
    case when breaks_open = 0 then breaks_last_cleared_at end as cleared_at
from judged
