with slas as (
    select
        service_id,
        {{ number_of('target_pct') }} as target_pct,
        coalesce(exclude_maintenance, false) as excludes_maintenance,
        coalesce(tz, 'UTC') as tz
    from ({{ newest(ref('stg_registers__slas')) }}) as registered
    qualify row_number() over (partition by service_id order by _seq) = 1
),

services as (
    select service_id from slas
    union
    select service
    from ({{ newest(ref('stg_registers__repositories')) }}) as repositories
    where service is not null and coalesce(in_scope, true)
),

reports as (
    select
        *,
        {{ number_of('probe_seconds') }} as seconds,
        {{ number_of('probes') }} as seen,
        {{ number_of('probes_down') }} as down,
        -- Maintenance counts for nothing only where it was announced before it began.
        case
            when maintenance_announced_at < maintenance_began_at then coalesce({{ number_of('probes_down_maintenance') }}, 0)
            else 0
        end as announced_down
    from ({{ newest(ref('stg_registers__uptime_months')) }}) as registered
    qualify row_number() over (partition by service_id, month order by _seq) = 1
),

-- Months of the window that are over, in the zone of the contract.
months as (
    select distinct
        slas.service_id,
        slas.target_pct,
        slas.excludes_maintenance,
        {{ period_start("'monthly'", 'calendar.day') }} as month,
        {{ period_end("'monthly'", 'calendar.day') }} as last_day,
        slas.tz
    from slas
    cross join {{ ref('dim_engagement') }} as engagement
    cross join {{ each_day('engagement.window_start', as_of_day()) }} as calendar (day)
    where {{ period_end("'monthly'", 'calendar.day') }} < {{ as_of_day() }}
),

measured as (
    select
        months.service_id,
        months.month,
        months.last_day,
        coalesce(months.target_pct, {{ param('default_target_pct') }}) as target_pct,
        {{ hours_between(
            local_to_utc('cast(months.month as timestamp)', 'months.tz'),
            local_to_utc('cast(' ~ plus_months('months.month', 1) ~ ' as timestamp)', 'months.tz'),
        ) }} * 3600 / reports.seconds as expected,
        reports.seconds,
        reports.seen,
        case when months.excludes_maintenance then reports.down - reports.announced_down else reports.down end as down,
        reports.report_uri,
        reports.service_id is not null as is_reported
    from months
    left join reports on reports.service_id = months.service_id and reports.month = months.month
),

weighed as (
    select
        *,
        seen / nullif(expected, 0) as coverage,
        (seen - down) * 100 / nullif(seen, 0) as uptime_pct,
        -- Had every probe that is missing been answered.
        (expected - down) * 100 / nullif(expected, 0) as best_pct,
        down * seconds as downtime_seconds,
        {{ whole_days('last_day', as_of_day()) }} <= {{ param('report_due_days') }} as is_report_awaited
    from measured
),

rows_of_all as (
    select
        service_id,
        month,
        uptime_pct,
        target_pct,
        downtime_seconds,
        coverage,
        best_pct,
        is_report_awaited,
        is_reported,
        report_uri,
        true as has_sla
    from weighed
    union all
    select services.service_id, null, null, null, null, null, null, false, false, null, false
    from services
    left join slas on slas.service_id = services.service_id
    where slas.service_id is null
),

judged as (
    select
        *,
        has_sla and is_report_awaited and not is_reported as is_awaited,
        {{ codes([
            ('SLA_MISSED',
                'has_sla and (best_pct < target_pct or (coverage >= ' ~ param('min_probe_coverage') ~ ' and uptime_pct < target_pct))'),
            ('COVERAGE_LOW',
                'has_sla and not (is_report_awaited and not is_reported) and coalesce(coverage, 0) < ' ~ param('min_probe_coverage')),
            ('NO_SLA', 'not has_sla'),
        ]) }} as codes
    from rows_of_all
)

select
    service_id || coalesce('|' || substr(cast(month as varchar), 1, 7), '') as entity_key,
    service_id || coalesce(' in ' || substr(cast(month as varchar), 1, 7), '') as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(pending='is_awaited') }} as result,
    codes,
    case
        when not has_sla then 'A production service without a commitment in the register.'
        when is_awaited then 'The report of the month is still to come.'
        when not is_reported then 'No report of the month, and it is overdue.'
        else 'Up ' || cast(round(uptime_pct, 3) as varchar) || ' % of the probes, committed are ' || cast(target_pct as varchar) || ' %; '
            || cast(round(coverage * 100, 2) as varchar) || ' % of the probes have a result.'
    end as reason,
    service_id,
    month,
    round(uptime_pct, 4) as uptime_pct,
    target_pct,
    downtime_seconds,
    round(coverage, 4) as coverage,
    report_uri
from judged
