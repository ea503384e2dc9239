with required as (
    select
        source_id,
        min(kind) as kind,
        max(case when in_use then 1 else 0 end) = 1 as in_use
    from {{ ref('int_control_sources') }}
    group by source_id
),

expected as (
    select
        required.source_id,
        required.kind,
        required.in_use,
        calendar.day
    from required
    cross join {{ ref('dim_engagement') }} as engagement
    cross join {{ each_day(
        'greatest(engagement.window_start, engagement.controls_effective_from)',
        'least(' ~ as_of_day() ~ ', engagement.window_end)'
    ) }} as calendar (day)
),

attempts as (
    select
        source_id,
        logical_date,
        count(*) as attempts,
        max(case when status = 'incomplete' then 1 else 0 end) = 1 as has_incomplete,
        {{ joined(ordered_list("coalesce(errors[1], status)", 'finished_at'), '; ') }} as said
    from {{ ref('meta_extract_run') }}
    group by source_id, logical_date
),

usable as (
    select
        flagged.*,
        extracts.permission_denied,
        extracts.api_reported_total
    from {{ ref('int_extracts_flagged') }} as flagged
    inner join {{ ref('meta_extract_run') }} as extracts
        on flagged.source_id = extracts.source_id and flagged.run_id = extracts.run_id
),

facts as (
    select
        expected.source_id,
        expected.day,
        expected.in_use,
        coalesce(expected.kind, 'no source module') as kind,
        usable.run_id,
        case
            when usable.run_id is not null then usable.status
            when attempts.has_incomplete then 'incomplete'
            when attempts.attempts > 0 then 'failed'
            else 'none'
        end as status,
        usable.rows,
        usable.previous_rows,
        usable.api_reported_total,
        coalesce(usable.permission_denied, 0) as permission_denied,
        usable.explanation,
        attempts.said,
        coalesce(usable.is_late, false) as is_late,
        coalesce(usable.is_zero_rows and usable.explanation is null, false) as is_zero_rows,
        coalesce(usable.is_row_drop and usable.explanation is null, false) as is_row_drop
    from expected
    left join usable
        on expected.source_id = usable.source_id and expected.day = usable.logical_date
    left join attempts
        on expected.source_id = attempts.source_id and expected.day = attempts.logical_date
),

judged as (
    select
        *,
        case when in_use then {{ codes([
            ('EXTRACT_MISSING', 'run_id is null or is_late'),
            ('EXTRACT_PARTIAL', "status in ('partial', 'incomplete') or permission_denied > 0 or rows <> api_reported_total"),
            ('ROW_DROP', 'is_row_drop'),
            ('ZERO_ROWS', 'is_zero_rows'),
        ]) }} else {{ empty_list() }} end as codes
    from facts
)

select
    source_id || '|' || cast(day as varchar) as entity_key,
    source_id || ' on ' || cast(day as varchar) as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='run_id is not null and rows is null', excluded='not in_use') }} as result,
    codes,
    case
        when not in_use then 'The systems register says, with approval, that the system behind this table is not in use.'
        when run_id is null and status = 'none' then 'No extract was attempted for this day.'
        when run_id is null then 'No usable extract for this day (' || status || '): ' || said || '.'
        when is_late
            then 'The only extract was taken more than 36 hours after the day began; a snapshot of a past day proves nothing.'
        when permission_denied > 0 then cast(permission_denied as varchar) || ' of ' || cast(rows as varchar)
            || ' answers were refused for lack of permission.'
        when status = 'partial' then 'The extract is partial.'
        when rows <> api_reported_total then cast(rows as varchar) || ' rows landed where the source reports '
            || cast(api_reported_total as varchar) || '.'
        when is_zero_rows then 'No rows, where earlier extracts make some all but certain, and no approved note explains it.'
        when is_row_drop then cast(rows as varchar) || ' rows after ' || cast(previous_rows as varchar)
            || ' the time before, and no approved note explains it.'
        when rows is null then 'The receipt does not say how many rows landed.'
        when explanation is not null then cast(rows as varchar) || ' rows; the fall is explained: ' || explanation || '.'
        else 'Complete, ' || cast(rows as varchar) || ' rows.'
    end as reason,
    source_id,
    day,
    kind,
    status,
    rows,
    previous_rows,
    api_reported_total,
    permission_denied
from judged
