"""What time a run thinks it is.

Real systems live in wall time. The sandbox company has a settable clock: a run against it must
stamp its receipts with the company's time, or every snapshot would look late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta


@dataclass(frozen=True)
class Clock:
    """Wall time shifted by ``offset``; offset zero is the real world."""

    offset: timedelta = timedelta(0)

    @classmethod
    def starting_at(cls, moment: datetime) -> Clock:
        """A clock that shows ``moment`` (UTC) now and runs on from there."""
        return cls(moment - datetime.now(UTC))

    def now(self) -> datetime:
        """The current moment, UTC, timezone-aware."""
        return datetime.now(UTC) + self.offset


def as_of(day: date, observed_at: time) -> datetime:
    """The moment at which logical day ``day`` is judged, UTC."""
    return datetime.combine(day, observed_at, tzinfo=UTC)


def current_day(now: datetime, observed_at: time) -> date:
    """The newest logical day whose ``as_of`` has passed."""
    return now.date() if now >= as_of(now.date(), observed_at) else now.date() - timedelta(days=1)
