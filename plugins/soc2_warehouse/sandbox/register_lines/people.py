"""Register lines about people: background checks and acknowledged policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.records import Person
from soc2_warehouse.sandbox.register_lines import Row
from soc2_warehouse.sandbox.register_lines.roles import TECHNICAL
from soc2_warehouse.sandbox.rhythm import local, moment

VENDOR = "IdentCheck"
#: Columns of a check that are not what they usually are, from a moment on (None: always). A check that never was: {}.
CHECKS: dict[str, tuple[tuple[str | None, Row], ...]] = {
    # NO_CHECK (GOV-07) until 2026-07-05 15:00; then it is a check that came long after the access.
    "E1005": ((None, {}), ("2026-07-05T15:00", {"completed_at": "2026-07-05T14:00", "result": "clear"})),
    # CHECK_NOT_CLEAR until somebody looked into what was found.
    "E1009": ((None, {"result": "consider"}), ("2026-07-04T12:00", {"result": "adjudicated_accept"})),
    # Completed after the account was there, before the first listing: when the right was granted nobody can tell.
    "E1010": ((None, {"completed_at": "2021-05-10T10:00"}),),
    # Open until 2026-07-02 10:00: too late by then.
    "E1014": (
        (None, {"completed_at": None, "result": None}),
        ("2026-07-02T10:00", {"completed_at": "2026-07-02T09:00"}),
    ),
    # Something was found and accepted before the first day. Near miss.
    "E1019": ((None, {"result": "adjudicated_accept"}),),
    # The law forbids the check: with an approver left out, without one no check.
    "C001": ((None, {"jurisdiction_waiver": "Lei 13/2009", "waiver_approved_by": "E1003", "completed_at": None}),),
    "C008": ((None, {"jurisdiction_waiver": "Provincial law", "completed_at": None}),),
}

#: (policy, version, approved, days until acknowledged). What is acknowledged twice stands in two lines.
ACKNOWLEDGED = (
    ("information_security", "3.0", "2026-02-02T15:00", 6),
    ("access_control", "2.1", "2026-01-26T15:00", 9),
    ("acceptable_use", "1.1", "2026-02-16T15:00", 4),
)
#: (person, policy): what is acknowledged instead: (version, when); None is never.
OTHERWISE: dict[tuple[str, str], tuple[str, str] | None] = {
    # ACK_MISSING (GOV-08), seven weeks after the first day, until 2026-07-04 09:00.
    ("E1047", "access_control"): ("2.1", "2026-07-04T09:00"),
    # ACK_MISSING: acknowledged the major version before.
    ("E1046", "information_security"): ("2.2", "2025-02-10T09:00"),
    # ACK_MISSING: acknowledged this version on a day before it was approved.
    ("E1045", "information_security"): ("3.0", "2026-01-30T09:00"),
    # Acknowledged the version before, of the same major. Near miss.
    ("E1042", "acceptable_use"): ("1.0", "2025-05-20T09:00"),
    # In the first month: pending.
    ("E1048", "access_control"): None,
}


def _instant(text: str | None) -> datetime | None:
    return moment(text) if text else None


def _background_checks(company: Company, now: datetime) -> Iterator[Row]:
    for person in company.people:
        first = person.spells[0]
        start = local(first.start, "10:00", person.tz)
        if person.department not in TECHNICAL or start - timedelta(days=14) > now:
            continue
        usual: Row = {"completed_at": f"{start - timedelta(days=5):%Y-%m-%dT%H:%M}", "result": "clear"}
        row = usual
        for since, changed in CHECKS.get(person.ref, ()):
            if since is None or moment(since) <= now:
                row = usual | changed if changed else {}
        if not row:
            continue
        completed = _instant(row["completed_at"])
        is_open = completed is None or completed > now
        yield {
            "check_id": f"IC-{person.ref}",
            "person_id": person.ref,
            "requested_at": start - timedelta(days=12),
            "vendor": VENDOR,
            **row,
            "completed_at": None if is_open else completed,
            "result": None if is_open else row["result"],
        }


def _policy_acks(company: Company, now: datetime) -> Iterator[Row]:
    for person in company.people:
        for policy, version, approved, days in ACKNOWLEDGED:
            line = OTHERWISE.get((person.ref, policy), (version, None))
            if line is None:
                continue
            when = _instant(line[1]) or _acknowledged(person, moment(approved), days)
            if when <= now:
                yield {"policy_id": policy, "version": line[0], "person_id": person.ref, "acknowledged_at": when}


def _acknowledged(person: Person, approved: datetime, days: int) -> datetime:
    """So many days after the approval, or after the first day of whoever came later."""
    start = local(person.spells[0].start, "09:00", person.tz)
    return max(approved, start) + timedelta(days=days)


def changes(company: Company) -> Iterator[datetime]:
    """Every moment at which a line comes or changes."""
    for lines in CHECKS.values():
        yield from (moment(since) for since, _ in lines if since)
    yield from (moment(line[1]) for line in OTHERWISE.values() if line)
    for person in company.people:
        start = local(person.spells[0].start, "10:00", person.tz)
        yield from (start - timedelta(days=14), start - timedelta(days=5))
        yield from (_acknowledged(person, moment(approved), days) for _, _, approved, days in ACKNOWLEDGED)


LINES: dict[str, Callable[[Company, datetime], Iterator[Row]]] = {
    "background_checks": _background_checks,
    "policy_acks": _policy_acks,
}
