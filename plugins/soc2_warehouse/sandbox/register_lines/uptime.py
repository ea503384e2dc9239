"""Monthly reports of the sandbox's uptime monitor: a probe a minute from outside, a report on the second day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.register_lines import Row
from soc2_warehouse.sandbox.rhythm import chance
from soc2_warehouse.sandbox.timetable import SERVICES

FIRST, LAST = (2026, 1), (2027, 6)
PROBE = 60
#: The months of this service are those of New York, by contract.
ZONES = {"reports": "America/New_York"}
#: Minutes down in a month; everything else is a few minutes at most.
DOWN = {("payments", 2026, 3): 60, ("ledger-api", 2026, 5): 22, ("identity", 2026, 4): 60, ("billing", 2026, 2): 55}
#: Minutes of those in planned maintenance, and the hours by which it was announced ahead.
MAINTENANCE = {("identity", 2026, 4): (50, 72), ("billing", 2026, 2): (50, -3)}
#: The share of probes that have a result.
SEEN = {("notifications", 2026, 1): 0.9, ("ledger-api", 2026, 5): 0.99}
LATE = {("ledger-web", 2026, 6): datetime(2026, 7, 8, 9, tzinfo=UTC)}


def _months() -> Iterator[tuple[int, int]]:
    year, month = FIRST
    while (year, month) <= LAST:
        yield year, month
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _begin(year: int, month: int, zone: str) -> datetime:
    return datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _reported(service: str, year: int, month: int) -> datetime:
    usual = _begin(year, month + 1, "UTC") + timedelta(days=1, hours=9)
    return LATE.get((service, year, month), usual)


def changes(company: Company) -> Iterator[datetime]:
    """Every moment at which reports come."""
    yield from {_reported(service, year, month) for service in SERVICES for year, month in _months()}


def _uptime_months(company: Company, moment: datetime) -> Iterator[Row]:
    for service in SERVICES:
        for year, month in _months():
            key = (service, year, month)
            if _reported(*key) > moment:
                continue
            zone = ZONES.get(service, "UTC")
            expected = int((_begin(year, month + 1, zone) - _begin(year, month, zone)).total_seconds()) // PROBE
            down = DOWN.get(key, int(chance(company.seed, "uptime", *key) * 8))
            planned, ahead = MAINTENANCE.get(key, (0, 0))
            began = _begin(year, month, "UTC") + timedelta(days=12, hours=2)
            yield {
                "service_id": service,
                "month": f"{year}-{month:0>2}-01",
                "probe_seconds": PROBE,
                "probes": int(expected * SEEN.get(key, 1)),
                "probes_down": down,
                "probes_down_maintenance": planned or None,
                "maintenance_announced_at": began - timedelta(hours=ahead) if planned else None,
                "maintenance_began_at": began if planned else None,
                "report_uri": f"https://monitor.example/acme/{service}/{year}-{month:0>2}",
            }


LINES = {"uptime_months": _uptime_months}
