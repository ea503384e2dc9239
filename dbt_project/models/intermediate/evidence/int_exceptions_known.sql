-- Where every exception stood after the days before the one judged. From the events, not from the present state: a day
-- that is judged again, after later ones, finds what it found.
with events as (
    select * from {{ source('ledger', 'exception_events') }} where logical_date < {{ as_of_day() }}
),

intervals as (
    select
        exception_id,
        min("at") as first_seen_at,
        max(
            case
                when to_state = 'open' and coalesce(from_state in ('remediated', 'closed_entity_removed'), true) then "at"
            end
        ) as opened_at
    from events
    group by exception_id
),

newest as (
    select * from events
    qualify row_number() over (partition by exception_id order by seq desc) = 1
)

select
    newest.exception_id,
    newest.control_id,
    newest.entity_key,
    exceptions.entity_name,
    newest.code,
    exceptions.severity,
    exceptions.owner_key,
    newest.to_state as state,
    intervals.first_seen_at,
    intervals.opened_at,
    {{ due_at('intervals.opened_at', 'exceptions.severity') }} as due_at,
    case when newest.to_state in ('remediated', 'closed_entity_removed') then newest."at" end as closed_at
from newest
inner join intervals
    on newest.exception_id = intervals.exception_id
left join {{ source('ledger', 'exceptions') }} as exceptions
    on newest.exception_id = exceptions.exception_id
