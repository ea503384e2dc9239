-- An item is done only when every control of its row is pass or proven to have had no occurrence: a control that is not
-- in the warehouse, or has not been judged on the newest day, counts as not done, and so does an item without controls.
with items as (
    select
        row_id,
        content,
        planned_controls
    from {{ ref('dim_handbook_row') }}
    where row_id like 'CHK-%'
),

newest as (
    select max(logical_date) as logical_date
    from {{ ref('fct_control_run') }}
    where is_current
),

runs as (
    select
        runs.control_id,
        runs.status,
        runs.reason
    from {{ ref('fct_control_run') }} as runs
    inner join newest on newest.logical_date = runs.logical_date
    where runs.is_current
),

mapped as (
    select
        items.row_id,
        item.control_id,
        controls.control_id is not null as is_built,
        runs.status,
        runs.reason
    from items
    cross join {{ each_item('items.planned_controls') }} as item(control_id)
    left join {{ ref('dim_control') }} as controls on controls.control_id = item.control_id
    left join runs on runs.control_id = item.control_id
),

judged as (
    select
        row_id,
        control_id,
        is_built,
        coalesce(
            is_built and (status = 'pass' or (status = 'not_tested' and reason = 'NO_OCCURRENCE')), false
        ) as is_done,
        case
            when not is_built then 'not in the warehouse'
            when status is null then 'not judged'
            when status = 'not_tested' then 'not tested, ' || coalesce(reason, 'without a reason')
            else status
        end as finding
    from mapped
),

counted as (
    select
        row_id,
        count(*) as control_count,
        {{ compact(ordered_list('case when is_done then control_id end', 'control_id')) }} as done_controls,
        {{ compact(ordered_list('case when is_built and not is_done then control_id end', 'control_id')) }}
            as open_controls,
        {{ compact(ordered_list('case when not is_built then control_id end', 'control_id')) }} as missing_controls,
        {{ compact(ordered_list("case when not is_done then control_id || ' ' || finding end", 'control_id')) }}
            as findings,
        count(case when is_done then 1 end) as done_count
    from judged
    group by row_id
)

select
    items.row_id,
    cast({{ part('items.row_id', '-', 2) }} as integer) as item,
    items.content,
    newest.logical_date,
    coalesce(counted.done_count = counted.control_count, false) as is_done,
    {{ compact('counted.done_controls') }} as done_controls,
    {{ compact('counted.open_controls') }} as open_controls,
    {{ compact('counted.missing_controls') }} as missing_controls,
    case
        when counted.row_id is null then 'no control is planned for it'
        when counted.done_count < counted.control_count then {{ joined('counted.findings', '; ') }}
    end as reason
from items
cross join newest
left join counted on counted.row_id = items.row_id
