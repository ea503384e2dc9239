"""The guide's timeline of an audit's preparation: for the page, and for the auditor's package."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from soc2_warehouse.dashboard.reading import Reader


def timeline(published: Reader, engagement: dict[str, Any] | None, day: date | None) -> list[dict[str, Any]]:
    """Rows of the guide's timeline: ``row_id, name, what, planned_controls, due_on, standing``.

    Counted back from the first day of the window. That something was done must be recorded somewhere: no table of the
    warehouse keeps milestones, so none of them is ever shown as done.
    """
    steps = published.rows("select * from dim_handbook_row where starts_with(row_id, 'AUD-') order by row_id")
    for step in steps:
        name, _, what = step["content"].partition(": ")
        months = re.fullmatch(r"(\d+) months?", name)
        step |= {"name": f"{name} before" if months else name, "what": what, "due_on": None}
        step["standing"] = "not recorded"
        if engagement is None:
            continue
        start, end = engagement["window_start"], engagement["window_end"]
        if months:
            before = published.value(
                "select cast($start - to_months(cast($months as integer)) as date)",
                {"start": start, "months": int(months[1])},
            )
            step["due_on"] = before
            if day and before < day:
                step["standing"] = "not recorded, and its day is past"
        elif name == "Audit period" and day:
            step["due_on"] = start
            step["standing"] = _window(start, end, day)
    return steps


def _window(start: date, end: date, day: date) -> str:
    """Where the judged day lies in the observation window."""
    if day < start:
        return f"begins in {(start - day).days} days"
    if day > end:
        return f"ended on {end}"
    return f"day {(day - start).days + 1} of {(end - start).days + 1}"
