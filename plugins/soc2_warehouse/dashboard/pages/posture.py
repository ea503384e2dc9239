"""Posture: what is in order today, what changed since the day before, what is overdue, and which source is missing."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from soc2_warehouse.dashboard import posture_facts
from soc2_warehouse.dashboard.app import Link
from soc2_warehouse.dashboard.charts import verdicts_by_day
from soc2_warehouse.dashboard.choices import Choice, offered
from soc2_warehouse.dashboard.reading import Published
from soc2_warehouse.dashboard.rendering import page

router = APIRouter()
LINK = Link("Posture", "/", 10)
DAYS_SHOWN = 90


@router.get("/")
def posture(request: Request, published: Published, choice: Choice, verdict: str = "") -> HTMLResponse:
    """``verdict`` chooses rows of the list of controls; the other filters choose what all figures are about."""
    facts = posture_facts.posture(published, choice, verdict)
    return page(
        request,
        "posture.html",
        title="Posture",
        choice=choice,
        offered=offered(published),
        verdict=verdict,
        trend=verdicts_by_day(published, {**choice.parameters, "day": facts["day"], "days": DAYS_SHOWN}),
        **facts,
    )
