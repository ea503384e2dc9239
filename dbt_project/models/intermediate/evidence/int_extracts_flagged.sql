with usable as (
    select
        source_id,
        kind,
        logical_date,
        run_id,
        status,
        finished_at,
        rows,
        {{ hours_between('window_start', 'window_end') }} as window_hours
    from {{ ref('meta_extract_run') }}
    where is_selected
),

compared as (
    select
        *,
        lag(rows) over (partition by source_id order by logical_date) as previous_rows,
        last_value(nullif(rows, 0) ignore nulls) over earlier as newest_rows_above_zero,
        -- Volume of an event table follows the working week: its silence is judged by what its own rate makes likely.
        sum(rows) over earlier / nullif(sum(window_hours) over earlier, 0) * window_hours as expected_rows
    from usable
    window earlier as (partition by source_id order by logical_date rows between unbounded preceding and 1 preceding)
),

notes as (
    select
        source_id,
        day,
        min(reason) as reason
    from ({{ newest(ref('stg_registers__extract_notes')) }}) as extract_notes
    where approved_by is not null
    group by source_id, day
),

flagged as (
    select
        compared.*,
        case
            when compared.kind = 'event'
                then compared.rows = 0
                    and compared.expected_rows >= {{ parameter_of('ctl_ev_01__sources_are_extracted_daily', 'event_silence_rows') }}
            else compared.rows = 0 and compared.newest_rows_above_zero is not null
        end as is_zero_rows,
        case
            when compared.kind = 'event' then false
            else compared.rows > 0 and compared.rows
                < {{ parameter_of('ctl_ev_01__sources_are_extracted_daily', 'row_drop_ratio') }} * compared.previous_rows
        end as is_row_drop,
        notes.reason as explanation
    from compared
    left join notes
        on compared.source_id = notes.source_id and compared.logical_date = notes.day
)

select
    source_id,
    kind,
    logical_date,
    run_id,
    status,
    finished_at,
    rows,
    previous_rows,
    coalesce(is_zero_rows, false) as is_zero_rows,
    coalesce(is_row_drop, false) as is_row_drop,
    explanation,
    coalesce(is_zero_rows or is_row_drop, false) and explanation is null as is_suspect,
    case
        when explanation is not null then null
        when is_zero_rows then 'ZERO_ROWS'
        when is_row_drop then 'ROW_DROP'
    end as suspect_reason,
    -- A snapshot shows the moment it was taken; one taken this late says nothing about its day.
    kind = 'snapshot' and finished_at > {{ plus_hours('cast(logical_date as timestamp)', 36) }} as is_late
from flagged
