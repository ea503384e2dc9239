"""Window: control × day over the observation window, and what can still be done about days that show nothing."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from soc2_warehouse.dashboard import window_days
from soc2_warehouse.dashboard.app import Link
from soc2_warehouse.dashboard.choices import Choice, day_in, offered
from soc2_warehouse.dashboard.listing import ROWS, Listing, PageNumber
from soc2_warehouse.dashboard.reading import Published
from soc2_warehouse.dashboard.rendering import MARKS, address
from soc2_warehouse.dashboard.rendering import page as rendered

router = APIRouter()
LINK = Link("Window", "/window", 20)

#: What covers a day of the window, in the words of `_kinds`.
COVERED = ("pass", "fail", "not tested NO_OCCURRENCE")


@router.get("/window")
def window(
    request: Request,
    published: Published,
    choice: Choice,
    page: PageNumber,
    first: str = "",
    last: str = "",
    verdict: str = "",
) -> HTMLResponse:
    """first, last: days; empty for the whole window. ``verdict`` chooses stretches of the list of days; empty: those
    not tested or not judged.
    """
    days = window_days.window(published, (day_in(first), day_in(last)))
    known = window_days.reasons(published)
    rows = window_days.grid(published, window_days.parameters(choice.parameters, days, known)) if days else []
    kinds = _kinds(known)
    covered = "".join(letter for letter, kind in kinds.items() if kind["words"] in COVERED)
    for row in rows:
        row["longest_hole"] = window_days.longest_hole(row["cells"], covered)
    wanted = (verdict,) if verdict else ("not_tested", "gap")
    listed = [
        {**stretch, **kinds[stretch["letter"]]}
        for row in rows
        for stretch in window_days.stretches(row, days[0] if days else date.min)
        if kinds[stretch["letter"]]["status"] in wanted
    ]
    listed.sort(key=lambda stretch: (-stretch["first_day"].toordinal(), stretch["control_id"]))
    pages = max(-(-len(listed) // ROWS), 1)
    page = min(page, pages)
    return rendered(
        request,
        "window.html",
        title="Window",
        day=published.day,
        days=days,
        choice=choice,
        offered=offered(published),
        query={**choice.parameters, "first": first, "last": last, "verdict": verdict},
        verdict=verdict,
        rows=rows,
        stretches=Listing(listed[(page - 1) * ROWS : page * ROWS], page, pages, len(listed)),
        replay=window_days.REPLAY,
        causes=window_days.CAUSES,
        restatements=window_days.restatements(published, days) if days else [],
        heat={
            "first": days[0].isoformat(),
            "count": (days[1] - days[0]).days + 1,
            "controls": [{name: row[name] for name in ("id", "title", "cells", "replay")} for row in rows],
            "kinds": kinds,
            "replay": window_days.REPLAY,
            "base": address(request, "/controls/"),
        }
        if days
        else None,
    )


def _kinds(known: list[str]) -> dict[str, dict[str, str]]:
    """letter → verdict, its mark and its words: what the heat map draws and says."""
    kinds = {letter: (status, "") for letter, status in window_days.LETTERS.items()}
    kinds |= {chr(ord("A") + number): ("not_tested", reason) for number, reason in enumerate(known)}
    return {
        letter: {"status": status, "mark": MARKS[status][0], "words": " ".join((MARKS[status][1], reason)).strip()}
        for letter, (status, reason) in kinds.items()
    }
