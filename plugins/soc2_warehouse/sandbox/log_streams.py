"""Streams of log events of the sandbox company: where each is kept, and what its log platform counts of it each day.

A stream carries events of some types, so many on a working day and a seventh of that on a weekend. The platform counts
the last five weeks anew every night, and says of each store how far back it can be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from soc2_warehouse.sandbox.aws.cloud import EUROPE, Dated, moment
from soc2_warehouse.sandbox.aws.keys import ALWAYS
from soc2_warehouse.sandbox.aws.log_groups import GROUPS, group_arn
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.exports import Export, Record
from soc2_warehouse.sandbox.rhythm import chance

DAY = timedelta(days=1)
RECOUNTED = 35
WEEKEND = 0.15
ALL_YEARS: Dated[int | None] = ((ALWAYS, None),)


@dataclass(frozen=True)
class Store:
    """Where a stream is kept. types: all of the stream where empty. kept: days, as that changed; None is for ever.

    native: days that the register says, where no setting of AWS tells.
    """

    kind: str
    ref: str
    kept: Dated[int | None] = ALL_YEARS
    types: tuple[str, ...] = ()
    native: int | None = None


@dataclass(frozen=True)
class Stream:
    """One stream. types: events of each type on a working day. A quiet one is alive by its heartbeats.

    outages: nothing arrived, whatever the source did. drops: share of the usual that arrived on a day. counts: whether
    the source counts its own events. counted_from: first day that the platform counts.
    """

    name: str
    system: str
    types: dict[str, int]
    stores: tuple[Store, ...]
    starts_on: date = date(2024, 1, 17)
    quiet: bool = False
    outages: tuple[tuple[datetime, datetime], ...] = ()
    drops: dict[date, float] = field(default_factory=dict)
    failures_from: date | None = None
    counts: bool = True
    counted_from: date = date(2020, 1, 1)


def _group(name: str) -> Store:
    plan = next(plan for plan in GROUPS if plan.name == name)
    return Store("cloudwatch", plan.arn, ((ALWAYS, 1),) if plan.kind == "DELIVERY" else plan.retention)


STREAMS = (
    # The provider keeps 90 days; a copy of 400 is enough for a year, and another one for three years.
    Stream(
        "okta-log",
        "okta",
        {"authentication": 900, "user_lifecycle": 12, "admin_action": 20},
        (
            Store("provider", "Okta System Log", ((ALWAYS, 90),), native=90),
            Store("s3", "acme-access-logs/okta/", ((ALWAYS, 400),), ("authentication", "user_lifecycle")),
            Store("s3", "acme-config-history/okta/", types=("admin_action",)),
        ),
    ),
    Stream(
        "aws-trail",
        "aws",
        {
            "authentication": 60,
            "authorization_failure": 40,
            "pii_access": 5000,
            "config_change": 300,
            "user_lifecycle": 6,
            "admin_action": 80,
        },
        (Store("s3", "acme-cloudtrail-logs/AWSLogs/"),),
    ),
    # SUCCESS_ONLY (LG-01): failed logins are shipped from 2026-07-05 on.
    Stream(
        "github-audit",
        "github",
        {"authentication": 200, "config_change": 30, "user_lifecycle": 3, "admin_action": 15},
        (
            Store("provider", "GitHub audit log", ((ALWAYS, 180),), native=180),
            Store("s3", "acme-config-history/github/"),
        ),
        failures_from=date(2026, 7, 5),
    ),
    Stream("github-deployments", "github", {"deployment": 25}, (Store("s3", "acme-config-history/deployments/"),)),
    Stream("app-auth", "acme_app", {"authentication": 8000}, (_group("/acme/identity/auth"),), date(2024, 3, 1)),
    Stream(
        "app-authz", "acme_app", {"authorization_failure": 120}, (_group("/acme/identity/authz"),), date(2024, 3, 1)
    ),
    Stream("app-reads", "acme_app", {"pii_access": 20000}, (_group("/acme/platform/reads"),), date(2024, 5, 1)),
    Stream("app-config", "acme_app", {"config_change": 30}, (_group("/acme/platform/config"),), date(2024, 5, 1)),
    # VOLUME_DROP (LG-10): a tenth of the usual arrived.
    Stream(
        "app-errors",
        "acme_app",
        {"system_error": 700},
        (Store("cloudwatch", group_arn("/acme/ledger-api", EUROPE)),),
        drops={date(2026, 7, 2): 0.1},
    ),
    Stream("app-users", "acme_app", {"user_lifecycle": 400}, (Store("s3", "acme-identity-logs/users/"),)),
    Stream("app-admin", "acme_app", {"admin_action": 90}, (_group("/acme/backoffice/admin"),), date(2023, 2, 1)),
    Stream(
        "payments-auth",
        "payments_app",
        {"authentication": 900},
        (Store("s3", "acme-payments-logs/auth/", ((ALWAYS, 180),)),),
    ),
    # Near miss of VOLUME_DROP: a quarter of the usual.
    Stream(
        "payments-errors",
        "payments_app",
        {"system_error": 300},
        (_group("/acme/payments/errors"),),
        date(2025, 2, 1),
        drops={date(2026, 7, 2): 0.3},
    ),
    # Heartbeats stopped for three days: STREAM_SILENT, STREAM_GAP (LG-08) and days without events (LG-10).
    Stream(
        "payments-admin",
        "payments_app",
        {"admin_action": 0},
        (Store("s3", "acme-config-history/payments/"),),
        quiet=True,
        outages=((moment("2026-07-03"), moment("2026-07-06")),),
        counts=False,
    ),
    # STREAM_SILENT, then STREAM_GAP (LG-01): people came in by the VPN, and the shipper stood still.
    Stream(
        "vpn-auth",
        "vpn",
        {"authentication": 48},
        (Store("s3", "acme-access-logs/vpn/", ((ALWAYS, 400),)),),
        outages=((moment("2026-07-02T03:00"), moment("2026-07-05T06:00")),),
    ),
    Stream(
        "vpn-admin",
        "vpn",
        {"admin_action": 0},
        (Store("s3", "acme-config-history/vpn/"),),
        quiet=True,
        counts=False,
    ),
    # Registered before the platform knows it: nobody can say what arrives.
    Stream(
        "data-platform-log",
        "data_platform",
        {
            "authentication": 40,
            "authorization_failure": 10,
            "pii_access": 300,
            "config_change": 10,
            "deployment": 5,
            "system_error": 60,
            "admin_action": 10,
        },
        (_group("/acme/data-platform"),),
        date(2025, 9, 1),
        counts=False,
        counted_from=date(2026, 7, 4),
    ),
)


def exported(company: Company, now: datetime) -> Iterator[Export]:
    yield "log_counts", "days", "event", list(counted(company.seed, now))
    yield "log_counts", "stores", "snapshot", list(held(now))


def counted(seed: int, now: datetime) -> Iterator[Record]:
    """A record for each stream, type and whole day of the last five weeks."""
    for stream in STREAMS:
        for back in range(RECOUNTED, 0, -1):
            day = now.date() - back * DAY
            if day < max(stream.counted_from, stream.starts_on):
                continue
            for kind, usual in stream.types.items():
                yield _of_day(seed, stream, kind, usual, day)


def _of_day(seed: int, stream: Stream, kind: str, usual: int, day: date) -> Record:
    begin = datetime.combine(day, time(), tzinfo=UTC)
    first, last, share = begin + timedelta(minutes=3), begin + timedelta(hours=23, minutes=56), 1.0
    for start, end in stream.outages:
        if start < begin + DAY and end > begin:
            share = 1 - (min(end, begin + DAY) - max(start, begin)) / DAY
            first = max(first, end) if start <= begin else first
            last = min(last, start) if end >= begin + DAY else last
    made = round(usual * (WEEKEND if day.weekday() > 4 else 1) * (0.9 + 0.2 * chance(seed, stream.name, kind, day)))
    made = max(made, 1) if usual else 0
    arrived = round(made * share * stream.drops.get(day, 1)) if share else 0
    failed = kind == "authentication" and (stream.failures_from is None or day >= stream.failures_from)
    return {
        "stream_id": stream.name,
        "event_type": kind,
        "day": str(day),
        "event_count": arrived,
        "failure_count": (arrived + 19) // 20 if failed else 0,
        "reader_count": min(arrived, 2) if stream.system == "aws" else 0,
        "source_count": made if stream.counts else None,
        "heartbeat_count": round(1440 * share) if stream.quiet else 0,
        "min_ts": first.isoformat() if arrived else None,
        "max_ts": last.isoformat() if arrived else None,
        "late_count": 0,
    }


def held(now: datetime) -> Iterator[Record]:
    """How far back each store of a stream can be read."""
    for stream in STREAMS:
        if now.date() - DAY < stream.counted_from:
            continue
        for store in stream.stores:
            oldest = datetime.combine(stream.starts_on, time(8), tzinfo=UTC)
            ends = [since for since, _ in store.kept[1:] if since <= now] + [now]
            for (_, days), end in zip(store.kept, ends, strict=False):
                if days is not None:  # what was deleted does not come back when more is kept
                    oldest = max(oldest, end - timedelta(days=days))
            yield {"stream_id": stream.name, "destination_ref": store.ref, "oldest_event_at": oldest.isoformat()}
