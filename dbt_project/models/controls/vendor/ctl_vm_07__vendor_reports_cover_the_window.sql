with bridged as (
    select
        *,
        report_type = 'soc2_type2' as is_type_2,
        -- A bridge letter is the vendor's own statement: it counts for the first months after the report alone.
        case
            when report_type <> 'soc2_type2' then null
            when bridge_letter_until > {{ plus_months('report_period_end', param('bridge_max_months')) }}
                then {{ plus_months('report_period_end', param('bridge_max_months')) }}
            when bridge_letter_until > report_period_end then bridge_letter_until
            else report_period_end
        end as covered_until,
        case when window_end < {{ as_of_day() }} then window_end else {{ as_of_day() }} end as judged_until,
        cast(covered_days as double) / nullif(elapsed_days, 0) as coverage_share
    from {{ ref('fct_vendor_report_coverage') }}
),

facts as (
    select
        *,
        not is_type_2
        or {{ plus_months('covered_until', param('bridge_max_months')) }} < judged_until
        -- Only at its end can one say what share of the window is covered: reports come late.
        or (window_end < {{ as_of_day() }} and coverage_share < {{ param('coverage_min_share') }}) as is_uncovered
    from bridged
),

judged as (
    select
        *,
        {{ codes([
            ('PERIOD_NOT_COVERED', 'is_uncovered'),
            ('ADVERSE_OR_QUALIFIED', "opinion <> 'unqualified' and not (outcome = 'accepted_with_conditions' and approved_by is not null)"),
            ('EXCEPTIONS_NOT_REVIEWED', 'report_count > 0 and not coalesce(exceptions_reviewed, false)'),
            ('CUEC_NOT_MAPPED', 'report_count > 0 and not coalesce(cuecs_mapped, false)'),
            ('SUBSERVICE_METHOD_MISSING', 'report_count > 0 and is_subservice_organization and subservice_method is null'),
        ]) }} as codes,
        untyped_count > 0
        or (report_count > 0 and (
            covered_from is null
            or opinion is null
            or is_subservice_organization is null
            or (is_type_2 and (report_period_start is null or report_period_end is null))
        )) as is_unknown,
        report_count = 0 and untyped_count = 0 as is_excluded
    from facts
)

select
    vendor_id as entity_key,
    vendor_name as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_excluded') }} as result,
    codes,
    case
        when is_excluded then 'No SOC report was reviewed; whether one is owed is what the assessment of its tier says.'
        when {{ joined('codes') }} <> ''
            then {{ joined(present([
                "case when " ~ item_in("'PERIOD_NOT_COVERED'", 'codes') ~ " then case when is_type_2 then 'Covered until ' || cast(covered_until as varchar) || ', judged until ' || cast(judged_until as varchar) || '; ' || cast(covered_days as varchar) || ' of ' || cast(elapsed_days as varchar) || ' days are in a report.' else 'The report is of type ' || report_type || ', which covers no day.' end end",
                "case when " ~ item_in("'ADVERSE_OR_QUALIFIED'", 'codes') ~ " then 'The opinion is ' || opinion || ' and nobody has accepted it with conditions.' end",
                "case when " ~ item_in("'EXCEPTIONS_NOT_REVIEWED'", 'codes') ~ " then 'The exceptions in the report were not reviewed.' end",
                "case when " ~ item_in("'CUEC_NOT_MAPPED'", 'codes') ~ " then 'Its complementary user-entity controls are mapped to none of ours.' end",
                "case when " ~ item_in("'SUBSERVICE_METHOD_MISSING'", 'codes') ~ " then 'The system description lists the vendor without saying carve-out or inclusive.' end",
            ]), ' ') }}
        when is_unknown
            then case
                when untyped_count > 0 then 'The register does not say which type of report was reviewed.'
                when covered_from is null then 'No engagement says which window is judged.'
                when opinion is null then 'The register gives no opinion of the report.'
                when is_subservice_organization is null then 'The register does not say whether the system description lists the vendor.'
                else 'The register gives no period of the report.'
            end
        else 'Covered until ' || cast(covered_until as varchar) || '; ' || cast(covered_days as varchar) || ' of '
            || cast(elapsed_days as varchar) || ' days are in a report.'
    end as reason,
    vendor_id,
    tier,
    report_type,
    report_period_start,
    report_period_end,
    bridge_letter_until,
    covered_until,
    coverage_share,
    opinion,
    exceptions_reviewed,
    cuecs_mapped,
    subservice_method
from judged
