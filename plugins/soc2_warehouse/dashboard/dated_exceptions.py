"""Exceptions with the name of their owner, their age and whether they are overdue, as every page shows them."""

from __future__ import annotations

#: Age and delay are of the instant that was judged last, never of the clock: the page says tomorrow what it says today.
DATED = """
    with judged as (select max(as_of) as as_of from fct_control_run where is_current)
    select
        exceptions.*,
        people.display_name as owner_name,
        controls.title,
        exceptions.state = 'open' and exceptions.due_at < judged.as_of as is_overdue,
        date_diff(
            'day',
            cast(exceptions.opened_at as date),
            cast(coalesce(exceptions.remediated_at, exceptions.closed_at, judged.as_of) as date)
        ) as age_days
    from fct_exception as exceptions
    cross join judged
    left join dim_person as people on people.person_key = exceptions.owner_key
    left join dim_control as controls on controls.control_id = exceptions.control_id
"""
