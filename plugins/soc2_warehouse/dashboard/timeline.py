"""The guide's timeline of an audit's preparation: for the page, and for the auditor's package."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from soc2_warehouse.dashboard.reading import Reader


def timeline(published: Reader, engagement: dict[str, Any] | None, day: date | None) -> list[dict[str, Any]]:
    """Rows of the guide's timeline: ``row_id, name, what, planned_controls, due_on, standing, is_done, actions``.

    Each with its actions of the engagement, as ``fct_milestone`` has them; done is what the register says was done, and
    GOV-04 judges it. due_on: the day of its last action, None without an engagement.
    """
    steps = published.rows("select * from dim_handbook_row where starts_with(row_id, 'AUD-') order by row_id")
    for step in steps:
        name, _, what = step["content"].partition(": ")
        months = re.fullmatch(r"(\d+) months?", name)
        step |= {"name": f"{name} before" if months else name, "what": what, "due_on": None, "is_done": False}
        step |= {"actions": [], "standing": "no engagement is in the register"}
        if engagement is None:
            continue
        step["actions"] = actions = published.rows(
            """
            select milestone, due_on, completed_at, owner_id, evidence_uri, standing from fct_milestone
            where engagement_id = $engagement and row_id = $row order by step
            """,
            {"engagement": engagement["engagement_id"], "row": step["row_id"]},
        )
        if not actions:
            step["standing"] = "not part of a report of this type"
            continue
        days = [action["due_on"] for action in actions]
        step["due_on"] = None if None in days else max(days)
        done = sum(action["standing"] in ("done", "done late") for action in actions)
        step["is_done"] = done == len(actions)
        step["standing"] = f"{done} of {len(actions)} done"
        if name == "Audit period" and day:
            step["standing"] = _window(engagement["window_start"], engagement["window_end"], day)
    return steps


def _window(start: date, end: date, day: date) -> str:
    """Where the judged day lies in the observation window."""
    if day < start:
        return f"begins in {(start - day).days} days"
    if day > end:
        return f"ended on {end}"
    return f"day {(day - start).days + 1} of {(end - start).days + 1}"
