"""Who has which role in the sandbox company."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from soc2_warehouse.sandbox.company import PLATFORM, SECURITY, Company
from soc2_warehouse.sandbox.register_lines import Row
from soc2_warehouse.sandbox.rhythm import local

TECHNICAL = {"Engineering": "senior_engineer", "Platform": "admin", "Data": "senior_engineer", "Security": "admin"}


def _role_assignments(company: Company, now: datetime) -> Iterator[Row]:
    for person in company.people:
        for spell in person.spells:
            start, end = local(spell.start, "00:00", person.tz), spell.end_effective_at(person.tz)
            if person.department in TECHNICAL and start <= now:
                yield {
                    "person_id": person.ref,
                    "role": TECHNICAL[person.department],
                    "valid_from": start,
                    "valid_to": end if end is not None and end <= now else None,
                    "approved_by": PLATFORM if person.ref == SECURITY else SECURITY,
                }


def changes(company: Company) -> Iterator[datetime]:
    """Arrivals and departures."""
    for person in company.people:
        if person.department in TECHNICAL:
            for spell in person.spells:
                ended = spell.end_effective_at(person.tz)
                yield local(spell.start, "00:00", person.tz)
                if ended is not None:
                    yield ended


LINES: dict[str, Callable[[Company, datetime], Iterator[Row]]] = {"role_assignments": _role_assignments}
