"""Failed sign-ins that come in bursts, and excesses of queries of personal data: what the alert rules are for.

A burst is told by its first moment and the seconds after it at which somebody failed; ``console`` are those of them
that failed at the cloud's console. A login that is nobody's stays as it was typed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from soc2_warehouse.sandbox.rhythm import moment

SIX = (0, 40, 80, 130, 190, 250)


@dataclass(frozen=True)
class Burst:
    """Failed sign-ins of one login. locked, unlocked: minutes after the last failure; unlocker: employee number."""

    key: str
    login: str
    first: str
    seconds: tuple[int, ...] = SIX
    console: tuple[int, ...] = ()
    ref: str | None = None
    locked: float | None = None
    unlocked: float | None = None
    unlocker: str | None = None

    def failures(self) -> Iterator[datetime]:
        """Those at the identity provider, aware UTC."""
        yield from (moment(self.first) + timedelta(seconds=at) for at in self.seconds if at not in self.console)

    def at(self, seconds: float) -> datetime:
        return moment(self.first) + timedelta(seconds=seconds)


BURSTS = (
    Burst("forgotten", "naomi.fraser@acme.example", "2026-06-18T09:00:00", ref="E1030", locked=1),
    # Three before and three after the full five minutes: tumbling windows would see neither. AL-02 near miss.
    Burst("boundary", "marcus.lee@acme.example", "2026-06-30T14:03:10", ref="E1022", locked=2),
    # Exactly five: no burst; that the SIEM warned is a false alert.
    Burst("five", "peter.hall@acme.example", "2026-06-30T15:00:00", (0, 50, 100, 150, 200), ref="E1024", locked=2),
    # Exactly 300 seconds are within five minutes, 301 are not.
    Burst(
        "edge", "anna.kowalska@acme.example", "2026-07-01T09:00:00", (0, 60, 120, 180, 240, 300), ref="E1023", locked=25
    ),
    Burst("wide", "helen.ward@acme.example", "2026-07-01T10:00:00", (0, 60, 120, 180, 240, 301), ref="E1027"),
    Burst("overlooked", "emily.clark@acme.example", "2026-06-29T11:20:00", ref="E1019"),
    Burst("unseen", "victor.lima@acme.example", "2026-07-01T11:20:00", ref="E1026"),
    Burst("late", "claire.dubois@acme.example", "2026-07-01T12:00:00", ref="E1028"),
    Burst("stranger", "admin@acme.example", "2026-07-01T20:00:00"),
    Burst("graded", "noah.schmidt@acme.example", "2026-07-02T08:00:00", ref="E1018", locked=2),
    # One long attack is one episode, and one alert is enough. Unlocked by the help desk before anybody looked.
    Burst(
        "long",
        "fatima.zahra@acme.example",
        "2026-07-02T13:00:00",
        tuple(range(0, 1800, 45)),
        ref="E1025",
        locked=-25,
        unlocked=30,
        unlocker="E1022",
    ),
    # Three in each of two systems, and one person. Unlocked by the help desk after security had closed the alert.
    Burst(
        "both",
        "lena.fischer@acme.example",
        "2026-07-02T15:00:00",
        console=(130, 190, 250),
        ref="E1008",
        locked=3,
        unlocked=120,
        unlocker="E1022",
    ),
    Burst("nameless", "ethan.cole@acme.example", "2026-07-02T17:00:00", ref="E1029"),
)


@dataclass(frozen=True)
class Excess:
    """Queries of personal data by one account, evenly spread. ``seconds``: from the first to the last."""

    key: str
    account: str
    first: str
    queries: int
    seconds: int
    person: str | None = None

    def moments(self) -> Iterator[datetime]:
        for number in range(self.queries):
            yield moment(self.first) + timedelta(seconds=self.seconds * number / (self.queries - 1))


#: The hundred and first query of ``exact`` comes a second after the hour is over.
EXCESSES = (
    Excess("own", "arjun.patel@acme.example", "2026-06-25T10:00:00", 120, 3000, "E1020"),
    Excess("graded", "yara.costa@acme.example", "2026-06-26T10:00:00", 130, 3000, "E1017"),
    Excess("reviewed", "emily.clark@acme.example", "2026-06-30T13:00:00", 101, 3600, "E1019"),
    Excess("exact", "carl.jensen@acme.example", "2026-06-30T16:00:00", 101, 3601, "E1033"),
    Excess("batch", "app_ledger_main", "2026-06-30T22:00:00", 300, 2400),
    Excess("unseen", "helen.ward@acme.example", "2026-07-01T13:00:00", 140, 3500, "E1027"),
    Excess("late", "hannah.brooks@acme.example", "2026-07-01T15:00:00", 101, 2000, "E1006"),
    Excess("shared", "support_team", "2026-07-02T10:00:00", 150, 3000),
)
