"""Control: what it states, what a day's run found, and the way from each number to the raw files behind it."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from soc2_warehouse.dashboard import control_facts, quality_docs, window_days
from soc2_warehouse.dashboard.choices import day_in
from soc2_warehouse.dashboard.listing import Listing, PageNumber, page_number
from soc2_warehouse.dashboard.reading import Published
from soc2_warehouse.dashboard.rendering import page as rendered

router = APIRouter()

STATES = ("open", "accepted", "mitigated", "false_positive", "remediated", "closed_entity_removed")
RESULTS = ("exception", "unknown", "pending", "pass", "excluded")


@router.get("/controls/{control_id}")
def control(
    request: Request,
    published: Published,
    control_id: str,
    page: PageNumber,
    day: str = "",
    state: str = "",
    exceptions: str = "",
    result: str = "",
    code: str = "",
    text: str = "",
) -> HTMLResponse:
    """day: the run to show, default the newest judged day. state, exceptions: which exceptions, and which page of them.
    result, code, text, page: which rows of the newest run. 404 when there is no such control.
    """
    declared = control_facts.declaration(published, control_id.upper())
    if declared is None:
        raise HTTPException(404, f"there is no control {control_id}")
    control_id = declared["control_id"]
    shown = day_in(day) or published.day
    run = control_facts.run_of(published, control_id, shown)
    around = control_facts.days_around(published, control_id, shown)
    filters = {"result": result, "code": code.strip().upper(), "text": text.strip()}
    return rendered(
        request,
        "control.html",
        title=f"{control_id} {declared['title']}",
        day=shown,
        control=declared,
        run=run,
        around=around,
        gap=window_days.gap(published, control_id, shown) if shown else None,
        trend=control_facts.trend(published, control_id),
        exceptions=control_facts.exceptions(published, control_id, state, page_number(exceptions)),
        rows=control_facts.rows(published, run, result, filters["code"], filters["text"], page)
        if run and shown == around["newest"]
        else Listing([], 1, 1, 0),
        inputs=control_facts.inputs(published, run) if run else [],
        needed=published.rows(
            "select * from meta_control_source where control_id = ? order by source_id", [control_id]
        ),
        query={"day": day, "state": state, **filters},
        exceptions_page=exceptions,
        states=STATES,
        results=RESULTS,
        docs=quality_docs.pages_of(control_id),
    )
