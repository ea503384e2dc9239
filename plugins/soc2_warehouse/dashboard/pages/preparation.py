"""Audit preparation: the guide's timeline and final checklist, and what of the guide nothing tests yet."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from soc2_warehouse.dashboard.app import Link
from soc2_warehouse.dashboard.listing import PageNumber, listed
from soc2_warehouse.dashboard.reading import Published
from soc2_warehouse.dashboard.rendering import page as rendered
from soc2_warehouse.dashboard.timeline import timeline

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
