with scheduled as (
    select *
    from ({{ schedule_spine(ref('stg_registers__reconciliations')) }}) as spine
    where due_date + due_time <= {{ as_of() }}
),

breaks as (
    select
        recon_id,
        due_date,
        count(*) as listed,
        count(case when cleared_at is null then 1 end) as still_open,
        max(coalesce(cleared_at, {{ as_of() }})) as last_cleared_at
    from ({{ newest_records(ref('stg_processing__breaks'), 'break_id') }}) as breaks
    group by recon_id, due_date
)

select
    scheduled.recon_id,
    scheduled.due_date,
    scheduled.name as recon_name,
    owners.person_key as owner_key,
    scheduled.due_date + scheduled.due_time as due_at,
    made.performed_at,
    made.performed_by,
    made.left_query,
    made.right_query,
    made.left_total,
    made.right_total,
    made.difference,
    made.reviewed_by,
    coalesce(breaks.listed, 0) as breaks_listed,
    coalesce(breaks.still_open, 0) as breaks_open,
    breaks.last_cleared_at as breaks_last_cleared_at
from scheduled
left join ({{ newest_records(ref('stg_processing__reconciliations'), 'recon_id, due_date') }}) as made
    on scheduled.recon_id = made.recon_id and scheduled.due_date = made.due_date
left join breaks
    on scheduled.recon_id = breaks.recon_id and scheduled.due_date = breaks.due_date
left join {{ ref('int_person_refs') }} as owners
    on scheduled.owner_id = owners.ref
