with units as (
    select
        *,
        -- Today's runs are written after this control is evaluated; a control cannot vouch for its own coverage.
        day >= {{ as_of_day() }} as is_pending,
        control_id = '{{ control_meta().id }}' as is_self
    from {{ ref('int_control_days_covered') }}
),

numbered as (
    select
        *,
        row_number() over (partition by control_id order by day)
        - row_number() over (partition by control_id, is_covered order by day) as island
    from units
    where not is_pending
),

gaps as (
    select
        control_id,
        island,
        min(day) as gap_start,
        max(day) as gap_end,
        -- A gap of whole periods is as long as the days it spans.
        {{ whole_days('min(unit_start)', 'max(day)') }} + 1 as gap_days
    from numbered
    where not is_covered
    group by control_id, island
),

totals as (
    select
        control_id,
        count(*) as expected_days,
        cast(sum(case when is_covered then 1 else 0 end) as bigint) as covered_days,
        {{ ordered_list('case when not is_covered then day end', 'day') }} as gap_dates
    from numbered
    group by control_id
),

longest as (
    select
        control_id,
        max(gap_days) as longest_gap
    from gaps
    group by control_id
),

facts as (
    select
        units.*,
        coalesce(totals.covered_days, 0) as covered_days,
        coalesce(totals.expected_days, 0) as expected_days,
        coalesce(longest.longest_gap, 0) as longest_gap,
        {{ compact('totals.gap_dates') }} as gap_dates,
        gaps.gap_days,
        gaps.gap_start,
        gaps.gap_end
    from units
    left join totals
        on units.control_id = totals.control_id
    left join longest
        on units.control_id = longest.control_id
    left join gaps
        on units.control_id = gaps.control_id
        and units.day between gaps.gap_start and gaps.gap_end
        and not units.is_pending
),

judged as (
    select
        *,
        case when is_pending or is_self then {{ empty_list() }} else {{ codes([
            ('COVERAGE_LOW', 'not is_covered and covered_days < ' ~ param('min_coverage') ~ ' * expected_days'),
            ('GAP_TOO_LONG', "not is_covered and mode <> 'periodic' and gap_days > " ~ param('max_gap_days')),
            ('RESTATED_SINCE', list_count('restated_source_ids') ~ ' > 0'),
            ('BACKFILLED_SNAPSHOT', "mode = 'snapshot' and is_backfilled and not " ~ param('snapshot_backfill_allowed')),
        ]) }} end as codes
    from facts
)

select
    control_id || '|' || cast(day as varchar) as entity_key,
    control_id || ' on ' || cast(day as varchar) as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='has_lost_inputs', pending='is_pending', excluded='is_self') }} as result,
    codes,
    case
        when is_self then 'A control is no evidence of its own coverage.'
        when is_pending then 'Today is judged for coverage from tomorrow on, when its runs are in the ledger.'
        when {{ item_in("'BACKFILLED_SNAPSHOT'", 'codes') }}
            then 'A snapshot that the result rests on was taken more than 36 hours after the day began.'
        when has_lost_inputs
            then 'The run rests on an extract that has no receipt any more; nobody can say when it was taken.'
        when not is_covered
            then case when run_id is null then 'No run of the control' else 'Not tested (' || coalesce(reason, 'no reason') || ')' end
                || '; ' || cast(covered_days as varchar) || ' of ' || cast(expected_days as varchar)
                || ' units are covered, this gap has ' || cast(gap_days as varchar) || ' days'
                || case when {{ joined('codes') }} = '' then ', within the tolerances.' else '.' end
        when status = 'not_tested' then 'Covered: proven that nothing occurred.'
        else 'Covered: ' || status || '.'
    end
    || case
        when {{ item_in("'RESTATED_SINCE'", 'codes') }}
            then ' Judged on data that has been restated or completed since: ' || {{ joined('restated_source_ids') }}
                || '. The verdict stands as judged until somebody judges the day again.'
        else ''
    end as reason,
    control_id,
    day,
    status,
    covered_days,
    expected_days,
    longest_gap,
    gap_dates,
    restated_source_ids
from judged
