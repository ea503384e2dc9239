-- Days that show nothing, why, and what can still be done. Pages, dashboards and packages read this one definition.
with runs as (
    select * from {{ ref('fct_control_run') }} where is_current
),

newest as (
    select
        logical_date as day,
        {{ hours_between('cast(logical_date as timestamp)', 'as_of') }} as observed_hours
    from runs
    qualify row_number() over (order by logical_date desc, run_id desc) = 1
),

declared as (
    select greatest(window_start, controls_effective_from) as first_day
    from {{ ref('dim_engagement') }}
    where window_start is not null and window_end is not null
    qualify row_number() over (order by window_end desc) = 1
),

days as (
    select
        newest.day as newest_day,
        newest.observed_hours,
        calendar.day
    from newest
    cross join (select min(logical_date) as first_day from runs) as judged
    left join declared on declared.first_day <= newest.day
    cross join {{ each_day('least(judged.first_day, declared.first_day)', 'newest.day') }} as calendar (day)
),

cells as (
    select
        controls.control_id,
        controls.mode,
        days.*,
        runs.run_id,
        runs.status,
        runs.reason,
        units.control_id is not null as is_expected,
        coalesce(units.backfilled and not units.covered and runs.status in ('pass', 'fail'), false) as is_late,
        -- Later evidence could change it; the others say what they say, and judging again would repeat them.
        runs.run_id is null or coalesce(runs.reason in ('NO_DATA', 'STALE', 'LOGIC_ERROR'), false) as is_repeatable
    from {{ ref('dim_control') }} as controls
    cross join days
    left join runs on runs.control_id = controls.control_id and runs.logical_date = days.day
    left join {{ ref('fct_coverage_day') }} as units on units.control_id = controls.control_id and units.day = days.day
),

gaps as (
    select * from cells
    where run_id is null
        or is_late
        or (status = 'not_tested' and coalesce(reason, '') not in ('NO_OCCURRENCE', 'OUT_OF_SCOPE'))
),

needed as (
    select
        sources.control_id,
        sources.source_id,
        sources.kind,
        sources.max_age_hours,
        tables.kept_days
    from {{ ref('meta_control_source') }} as sources
    left join {{ source('meta', 'required_tables') }} as tables on tables.source_id = sources.source_id
    where sources.in_use
),

attempts as (
    select
        source_id,
        logical_date as day,
        max(case when status in ('complete', 'partial') then 1 else 0 end) = 1 as is_usable
    from {{ ref('fct_extract_run') }}
    group by source_id, logical_date
),

wanted as (
    select distinct
        gaps.day,
        needed.source_id
    from gaps
    inner join needed on needed.control_id = gaps.control_id
),

-- What the warehouse holds of a table for a day by now: the newest extract up to it that says something of its day.
held as (
    select
        wanted.day,
        extracts.source_id,
        extracts.logical_date,
        extracts.finished_at,
        extracts.is_suspect
    from wanted
    inner join {{ ref('int_extracts_flagged') }} as extracts
        on extracts.source_id = wanted.source_id and extracts.logical_date <= wanted.day and not extracts.is_late
    qualify row_number() over (partition by wanted.day, extracts.source_id order by extracts.logical_date desc) = 1
),

read as (
    select
        gaps.control_id,
        gaps.day,
        needed.source_id,
        attempts.is_usable,
        coalesce(held.is_suspect, false) as is_suspect,
        coalesce(
            case
                when needed.source_id is null then true
                when needed.kind = 'snapshot' then held.logical_date = gaps.day
                else {{ hours_between('held.finished_at', 'cast(gaps.day as timestamp)') }} + gaps.observed_hours
                    <= needed.max_age_hours
            end,
            false
        ) as is_held,
        coalesce(
            needed.kind = 'event'
            and coalesce({{ whole_days('gaps.day', 'gaps.newest_day') }} < needed.kept_days, true),
            false
        ) as is_at_origin
    from gaps
    left join needed on needed.control_id = gaps.control_id
    left join held on held.day = gaps.day and held.source_id = needed.source_id
    left join attempts on attempts.day = gaps.day and attempts.source_id = needed.source_id
),

told as (
    select
        control_id,
        day,
        min(case when is_held then 1 else 0 end) = 1 as is_held,
        min(case when is_held or is_at_origin then 1 else 0 end) = 1 as is_fetchable,
        max(case when not is_held and not is_usable then 1 else 0 end) = 1 as is_down,
        max(case when not is_held and is_usable is null then 1 else 0 end) = 1 as is_untried,
        max(case when is_held and is_suspect then 1 else 0 end) = 1 as is_suspect,
        {{ compact(ordered_list('case when not is_held or is_suspect then source_id end', 'source_id')) }} as source_ids
    from read
    group by control_id, day
)

select
    gaps.control_id,
    gaps.day,
    gaps.is_expected,
    gaps.run_id,
    gaps.status,
    gaps.reason,
    case
        when gaps.run_id is null then 'run_missing'
        when gaps.is_late then 'late'
        when gaps.reason in ('NO_DATA', 'STALE') and told.is_down then 'source_down'
        when gaps.reason in ('NO_DATA', 'STALE') and told.is_untried then 'not_fetched'
        when gaps.reason in ('NO_DATA', 'STALE') and told.is_suspect then 'suspect'
        when gaps.reason in ('NO_DATA', 'STALE') then 'late'
        when gaps.reason = 'LOGIC_ERROR' then 'error'
        when gaps.reason = 'PARAMETER_MISSING' then 'parameter_missing'
        when gaps.reason = 'PARTIAL' then 'unknown_rows'
        when gaps.reason = 'RECON_FAILED' then 'counts_disagree'
        when gaps.reason = 'DEPENDENCY' then 'dependency'
        when gaps.reason = 'NOT_YET_DUE' then 'not_yet_due'
        when gaps.reason = 'ZERO_POPULATION' then 'empty'
        else 'other'
    end as cause,
    case when gaps.is_repeatable or gaps.is_late then told.source_ids else {{ empty_list() }} end as source_ids,
    case
        when gaps.is_late and gaps.mode = 'snapshot' then 'lost'
        when not gaps.is_repeatable then null
        when told.is_held then 'replayable'
        when told.is_fetchable then 'replayable_once_fetched'
        else 'lost'
    end as replay
from gaps
inner join told on told.control_id = gaps.control_id and told.day = gaps.day
