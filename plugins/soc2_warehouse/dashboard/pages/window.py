"""Window: control × day over the observation window, and what can still be done about days that show nothing."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from soc2_warehouse.dashboard import window_days
from soc2_warehouse.dashboard.app import Link
from soc2_warehouse.dashboard.choices import Choice, day_in, offered
from soc2_warehouse.dashboard.listing import Listing, PageNumber, listed
from soc2_warehouse.dashboard.reading import Published
from soc2_warehouse.dashboard.rendering import MARKS, address
from soc2_warehouse.dashboard.rendering import page as rendered

router = APIRouter()
LINK = Link("Window", "/window", 20)


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
    asked = (day_in(first), day_in(last))
    days = window_days.window(published, asked)
    rows: list[dict[str, Any]] = []
    stretches = Listing([], 1, 1, 0)
    known = window_days.reasons(published)
    if days:
        given = window_days.parameters(choice.parameters, days, known)
        rows = window_days.grid(published, given)
        stretches = listed(
            published, window_days.STRETCHES, {**given, "verdict": verdict}, "first_day desc, control_id", page
        )
    covered = "pf" + "".join(_letter(number) for number, reason in enumerate(known) if reason == "NO_OCCURRENCE")
    for row in rows:
        row["longest_hole"] = window_days.longest_hole(row["cells"], covered)
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
        stretches=stretches,
        replay=window_days.REPLAY,
        heat={
            "first": days[0].isoformat(),
            "count": (days[1] - days[0]).days + 1,
            "controls": [{name: row[name] for name in ("id", "title", "cells", "replay")} for row in rows],
            "kinds": _kinds(known),
            "replay": window_days.REPLAY,
            "base": address(request, "/controls/"),
        }
        if days
        else None,
    )


def _letter(number: int) -> str:
    return chr(ord("A") + number)


def _kinds(known: list[str]) -> dict[str, dict[str, str]]:
    """letter → verdict, its mark and its words: what the heat map draws and says."""
    kinds = {letter: (status, "") for letter, status in window_days.LETTERS.items()}
    kinds |= {_letter(number): ("not_tested", reason) for number, reason in enumerate(known)}
    return {
        letter: {"status": status, "mark": MARKS[status][0], "words": " ".join((MARKS[status][1], reason)).strip()}
        for letter, (status, reason) in kinds.items()
    }
