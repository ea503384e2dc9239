"""Posture: what is in order today, what changed since yesterday, what is overdue, and which source is missing."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from soc2_warehouse.dashboard.app import Link
from soc2_warehouse.dashboard.reading import Published
from soc2_warehouse.dashboard.rendering import page

router = APIRouter()
LINK = Link("Posture", "/", 10)


@router.get("/")
def posture(request: Request, published: Published, category: str = "") -> HTMLResponse:
    """``category``: only controls of this category."""
    day = published.day
    controls = published.rows(
        """
        select runs.control_id, controls.title, runs.category, runs.severity, runs.status, runs.reason,
            runs.open_exception_count, before.status as status_before
        from fct_control_run as runs
        join dim_control as controls using (control_id)
        left join fct_control_run as before
            on before.control_id = runs.control_id and before.is_current
            and before.logical_date = runs.logical_date - 1
        where runs.is_current and runs.logical_date = $day and ($category = '' or runs.category = $category)
        order by runs.control_id
        """,
        {"day": day, "category": category},
    )
    return page(request, "posture.html", title="Posture", day=day, controls=controls, category=category)
