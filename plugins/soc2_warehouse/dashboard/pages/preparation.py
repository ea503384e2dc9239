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
