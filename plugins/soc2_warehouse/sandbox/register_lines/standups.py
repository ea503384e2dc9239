"""The weekly security stand-up of the sandbox company, and the deployments outside office hours that it looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.github.pipeline import DEPLOYMENT_IDS
from soc2_warehouse.sandbox.register_lines import Row
from soc2_warehouse.sandbox.rhythm import moment
from soc2_warehouse.sandbox.siem import outside

#: Tuesdays, half an hour after noon in London.
FIRST, LAST = moment("2026-01-06T12:30"), moment("2027-06-29T12:30")
WEEK = timedelta(days=7)
#: NOT_REVIEWED (AL-05): numbers of deployments that the stand-up passed over.
PASSED_OVER = frozenset({747})


def _held() -> Iterator[datetime]:
    held = FIRST
    while held <= LAST:
        yield held
        held += WEEK


def changes(company: Company) -> Iterator[datetime]:
    """Every moment at which a line comes: an hour after a stand-up began."""
    yield from (held + timedelta(hours=1) for held in _held())


def _standups(company: Company, moment: datetime) -> Iterator[Row]:
    for held in _held():
        if held + timedelta(hours=1) <= moment:
            looked_at = [one for one in outside() if held - WEEK <= one.started_at < held]
            yield {
                "standup_id": f"SU-{held:%Y-%m-%d}",
                "held_at": held,
                "deployments": [str(DEPLOYMENT_IDS + one.number) for one in looked_at if one.number not in PASSED_OVER],
                "attendees": ["E1003", "E1019", "E1020"],
                "notes_uri": f"https://wiki.acme.example/standups/{held:%Y-%m-%d}",
            }


LINES: dict[str, Callable[[Company, datetime], Iterator[Row]]] = {"standups": _standups}
