"""Collector health: what the controls need of each source, whether it is there, and which controls wait for it."""

from __future__ import annotations

from typing import Any

from soc2_warehouse.dashboard.choices import CHOSEN
from soc2_warehouse.dashboard.reading import Reader

#: A row per needed table: the worst state that a control sees, the newest attempt, and the controls it blocks.
TABLES = f"""
    with chosen as ({CHOSEN}),
    needed as (
        select
            needed.source_id,
            max(needed.kind) as kind,
            max(needed.usable_day) as usable_day,
            max(needed.usable_finished_at) as usable_finished_at,
            max(needed.suspect_reason) as suspect_reason,
            case
                when bool_or(needed.state = 'no_data') then 'no_data'
                when bool_or(needed.state = 'stale') then 'stale'
                else 'usable'
            end as state,
            count(*) as needed_by,
            coalesce(
                list(needed.control_id order by needed.control_id) filter (where needed.state in ('no_data', 'stale')),
                []
            ) as blocked
        from meta_control_source as needed
        inner join chosen on chosen.control_id = needed.control_id
        where needed.in_use
        group by needed.source_id
    ),
    newest as (
        select
            source_id,
            max(logical_date) as tried_day,
            arg_max(status, finished_at) as status,
            arg_max(errors, finished_at) as errors
        from fct_extract_run
        group by source_id
    )
    select
        needed.*,
        split_part(needed.source_id, '.', 1) as source,
        newest.status as newest_status,
        newest.tried_day,
        coalesce(newest.errors[1], '') as error,
        needed.state <> 'usable' or coalesce(newest.status in ('failed', 'incomplete'), true)
            or coalesce(newest.tried_day < $day, true) as is_troubled
    from needed
    left join newest on newest.source_id = needed.source_id
    order by needed.state = 'usable', needed.source_id
"""


def health(published: Reader, parameters: dict[str, Any]) -> dict[str, Any]:
    """``tables``: those in trouble; ``sources``: every source, troubled ones first; ``blocked``: controls that wait.

    parameters: those of the chosen controls, and day.
    """
    tables = published.rows(TABLES, parameters)
    sources: dict[str, dict[str, Any]] = {}
    for table in tables:
        source = sources.setdefault(
            table["source"],
            {"name": table["source"], "tables": 0, "usable": 0, "troubled": 0, "newest": None, "blocked": set()},
        )
        source["tables"] += 1
        source["usable"] += table["state"] == "usable"
        source["troubled"] += table["is_troubled"]
        source["newest"] = max(filter(None, (source["newest"], table["usable_finished_at"])), default=None)
        source["blocked"] |= set(table["blocked"])
    return {
        "tables": [table for table in tables if table["is_troubled"]],
        "sources": sorted(sources.values(), key=lambda one: (-len(one["blocked"]), -one["troubled"], one["name"])),
        "blocked": sorted({control for table in tables for control in table["blocked"]}),
    }
