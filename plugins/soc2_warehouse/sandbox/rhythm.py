"""Time in the sandbox company: instants, seeded chance, and the rhythm in which somebody uses a credential."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def moment(text: str) -> datetime:
    """An aware UTC datetime from ``2026-07-01T02:00`` (read as UTC) or from text with an offset."""
    value = datetime.fromisoformat(text)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def local(day: date, clock: str, zone: str) -> datetime:
    """The UTC instant of a local wall time."""
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def chance(*parts: object) -> float:
    """A number in [0, 1) that depends on the parts alone."""
    digest = blake2b("|".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


@dataclass(frozen=True)
class Rhythm:
    """When somebody or something uses a credential: a pure function of its fields.

    Uses happen between ``start`` and ``stop``, on working days with probability ``share`` (a machine works daily),
    at about ``hour`` local time, never during ``pauses``; ``extra`` are single planted uses that obey no rule.
    """

    name: str
    zone: str
    start: datetime
    stop: datetime | None = None
    share: float = 0.85
    hour: int = 9
    weekends: bool = False
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()
    extra: tuple[datetime, ...] = ()
    quiet: bool = False

    def on(self, day: date) -> datetime | None:
        """The use on a local day, if there is one by the rule."""
        if self.quiet or (day.weekday() > 4 and not self.weekends) or chance(self.name, day) >= self.share:
            return None
        seconds = self.hour * 3600 + int(chance(self.name, day, "second") * 5400)
        wall = datetime.combine(day, time.min) + timedelta(seconds=seconds)
        at = wall.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)
        if at < self.start or (self.stop is not None and at >= self.stop):
            return None
        if any(first <= at and (last is None or at < last) for first, last in self.pauses):
            return None
        return at

    def between(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """Uses in [since, until), oldest first."""
        found = [at for at in self.extra if since <= at < until]
        if not self.quiet:
            first, last = max(since, self.start), min(until, self.stop) if self.stop else until
            day = (first - DAY).date()
            while day <= (last + DAY).date():
                at = self.on(day)
                if at is not None and since <= at < until:
                    found.append(at)
                day += DAY
        return iter(sorted(found))

    def last(self, now: datetime) -> datetime | None:
        """The newest use at or before ``now``; None when there never was one."""
        found = [at for at in self.extra if at <= now]
        if not self.quiet and now >= self.start:
            day = (min(now, self.stop) if self.stop else now).date() + DAY
            while day >= self.start.date() - DAY:
                at = self.on(day)
                if at is not None and at <= now:
                    found.append(at)
                    break
                day -= DAY
        return max(found, default=None)
