"""Audit preparation: the guide's timeline and final checklist, and what of the guide nothing tests yet."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from soc2_warehouse.dashboard.app import Link
from soc2_warehouse.dashboard.listing import PageNumber, listed
from soc2_warehouse.dashboard.reading import Published, Reader
from soc2_warehouse.dashboard.rendering import page as rendered

router = APIRouter()
LINK = Link("Preparation", "/preparation", 80)

STATES = ("untested", "in part", "document", "tested")
ROWS = """
    select * from dim_handbook_row
    where ($state = '' or state = $state)
        and ($section = '' or section = $section)
        and ($text = '' or contains(
            lower(concat_ws(' ', row_id, content, array_to_string(planned_controls, ' '))), lower($text)
        ))
"""


@router.get("/preparation")
def preparation(
    request: Request,
    published: Published,
    page: PageNumber,
    state: str = "untested",
    section: str = "",
    text: str = "",
) -> HTMLResponse:
    """state, section and text choose rows of the guide."""
    filters = {"state": state, "section": section, "text": text.strip()}
    verdicts = published.rows(
        """
        select control_id, status, reason from fct_control_run
        where is_current and logical_date = (select max(logical_date) from fct_control_run where is_current)
        """
    )
    sections = published.rows("select section from dim_handbook_row group by section order by min(row_id)")
    return rendered(
        request,
        "preparation.html",
        title="Audit preparation",
        day=published.day,
        engagement=(engagement := published.row("select * from dim_engagement order by window_start desc")),
        scope=published.rows("select * from dim_scope order by not in_scope, category"),
        timeline=timeline(published, engagement, published.day),
        checklist=published.rows("select * from fct_checklist_item order by item"),
        verdicts={row["control_id"]: row for row in verdicts},
        listing=listed(published, ROWS, filters, "row_id", page),
        filters=filters,
        choices={"states": STATES, "sections": [row["section"] for row in sections]},
    )


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
