"""Emergency sessions of the sandbox company: what was done in them, and what the register says of them.

The timetable's sessions changed production; those here did something else in the cloud, or were drills of the sealed
accounts. Every part of a register line stands from the moment at which it happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from soc2_warehouse.sandbox import timetable
from soc2_warehouse.sandbox.rhythm import moment


@dataclass(frozen=True)
class Session:
    """One line of the register; ``calls``: what was done in the emergency role, apart from the timetable's changes."""

    session_name: str
    requested_at: datetime
    started_at: datetime
    ended_at: datetime
    justification: str
    reviewed_by: str = "E1003"
    reviewed_at: datetime | None = None
    person_id: str = "E1008"
    approved_by: str | None = "E1007"
    approved_at: datetime | None = None
    identity: str | None = None
    incident_id: str | None = None
    is_drill: bool = False
    credential_rotated_at: datetime | None = None
    calls: tuple[datetime, ...] = ()

    @property
    def recorded_at(self) -> datetime:
        return max(self.ended_at, self.requested_at)

    def line(self, now: datetime) -> dict[str, Any]:
        """The line as it stands at ``now``."""
        shown = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "calls"}
        if self.reviewed_at is None or self.reviewed_at > now:
            shown["reviewed_by"] = None
        return {name: None if isinstance(value, datetime) and value > now else value for name, value in shown.items()}


def _reviewed(session: timetable.BreakGlassSession) -> Session:
    """The timetable's sessions went by the book."""
    before = session.started_at - timedelta(minutes=10)
    return Session(
        session.session_name, before, session.started_at, session.ended_at, session.justification,
        reviewed_at=session.ended_at + timedelta(hours=30), approved_at=before,
    )  # fmt: skip


def _drill(name: str, identity: str, start: str, rotated: str | None) -> Session:
    begin = moment(start)
    return Session(
        name, begin - timedelta(days=3), begin - timedelta(minutes=5), begin + timedelta(minutes=10),
        "Quarterly drill of the sealed emergency account", reviewed_at=begin + timedelta(days=1), person_id="E1019",
        approved_by="E1003", approved_at=begin - timedelta(days=2), reviewed_by="E1007", identity=identity,
        is_drill=True, credential_rotated_at=moment(rotated) if rotated else None,
    )  # fmt: skip


SESSIONS = (
    *map(_reviewed, timetable.BREAK_GLASS_SESSIONS),
    # Justified a day late, approved and reviewed by the user alone, and five hours long.
    Session(
        "bg-2026-06-09", moment("2026-06-10T13:00:01"), moment("2026-06-09T13:00"), moment("2026-06-09T18:00"),
        "Search index of billing rebuilt by hand", "E1008", moment("2026-06-11T09:00"), approved_by="E1008",
        calls=(moment("2026-06-09T13:00"), moment("2026-06-09T13:50")),
    ),
    # Nobody approved it, and no role of the user includes it.
    Session(
        "bg-2026-06-24", moment("2026-06-24T07:10"), moment("2026-06-24T07:15"), moment("2026-06-24T07:55"),
        "Certificate of the mail relay had expired", reviewed_at=moment("2026-06-25T09:00"), person_id="E1010",
        approved_by=None, calls=(moment("2026-06-24T07:20"),),
    ),
    # In the register, and in no log.
    Session(
        "bg-2026-06-03", moment("2026-06-03T11:00"), moment("2026-06-03T11:10"), moment("2026-06-03T11:30"),
        "Paging of the ledger did not answer", reviewed_at=moment("2026-06-04T09:00"),
        approved_at=moment("2026-06-03T11:05"),
    ),
    # By the book: its review is due when Monday is over, and comes on Monday.
    Session(
        "bg-2026-07-02", moment("2026-07-02T21:55"), moment("2026-07-02T22:00"), moment("2026-07-02T22:30"),
        "Disk of the mail relay was full, no pipeline for it", reviewed_at=moment("2026-07-06T10:00"),
        approved_at=moment("2026-07-02T21:58"), incident_id="P7020", calls=(moment("2026-07-02T22:05"),),
    ),
    _drill("drill-2026-06-15-okta", "break-glass@acme.example", "2026-06-15T09:00", "2026-06-15T09:30"),
    # The password of the sealed user went back into the safe as it was.
    _drill("drill-2026-06-15-aws", "break-glass", "2026-06-15T10:00", None),
)  # fmt: skip


def lines(now: datetime) -> Iterator[dict[str, Any]]:
    """Lines of the register at ``now``."""
    yield from (session.line(now) for session in SESSIONS if session.recorded_at <= now)


def changes() -> Iterator[datetime]:
    """Every moment at which a line comes or changes."""
    for session in SESSIONS:
        yield session.recorded_at
        yield from (when for when in (session.reviewed_at, session.credential_rotated_at) if when is not None)
