"""How long the sandbox's stores may keep confidential data, and how old what they hold is, measured each month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.register_lines import Row

RETAINED = ("confidential", "pii")
SEVEN_YEARS = 2555
#: What is kept shorter, by the name of the store.
MAX_AGE = {"acme-recordings": 365, "acme-kyc-scans": 365, "acme-customer-archive": 1826, "acme-hr-files": 1825}
HELD = ("acme-kyc-scans",)
WITHOUT_RULE = ("acme-data-exports",)
#: Its lifecycle rule disposes of what is old; nobody measures.
UNMEASURED = ("acme-hr-files",)
FORGOTTEN = {"acme-statements-2021": datetime(2026, 5, 20, 4, tzinfo=UTC)}
OLDEST = {"acme-customer-archive": datetime(2021, 7, 2, 2, tzinfo=UTC)}
PURGED = {"acme-recordings": (datetime(2026, 7, 4, 6, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))}


def _stores(moment: datetime) -> Iterator[tuple[str, str, datetime]]:
    """(ref, name, creation) of every store of confidential or personal data."""
    from soc2_warehouse.sandbox.aws.buckets import BUCKETS
    from soc2_warehouse.sandbox.aws.databases import DATABASES

    plans: tuple[Any, ...] = DATABASES
    for bucket in BUCKETS:
        if (bucket.registered or bucket.tag) in RETAINED:
            yield bucket.ref, bucket.name, bucket.created_at
    for plan in plans:
        if plan.kind != "member" and plan.classification in RETAINED and plan.exists(moment):
            yield plan.arn, plan.name, plan.created_at


def _measured(moment: datetime) -> datetime:
    """The last 28th of a month, at four."""
    found = moment.replace(day=28, hour=4, minute=0, second=0, microsecond=0)
    if found <= moment:
        return found
    return found.replace(year=found.year - (found.month == 1), month=(found.month - 2) % 12 + 1)


def changes(company: Company) -> Iterator[datetime]:
    """Every moment at which something is measured."""
    for number in range(18):
        yield datetime(2026 + number // 12, number % 12 + 1, 28, 4, tzinfo=UTC)
    yield from (purged for purged, _ in PURGED.values())


def _retention_rules(company: Company, moment: datetime) -> Iterator[Row]:
    for ref, name, _ in _stores(moment):
        if name not in WITHOUT_RULE:
            yield {
                "store_ref": ref,
                "max_age_days": MAX_AGE.get(name, SEVEN_YEARS),
                "backup_days": 35,
                "legal_hold": name in HELD,
                "approved_by": "E1003",
            }


def _data_ages(company: Company, moment: datetime) -> Iterator[Row]:
    for ref, name, created in _stores(moment):
        if name in UNMEASURED:
            continue
        purged, oldest = PURGED.get(name, (None, None))
        if purged is None or moment < purged:
            purged, oldest = None, OLDEST.get(name, created)
        measured = max(purged or FORGOTTEN.get(name, _measured(moment)), created)
        yield {"store_ref": ref, "oldest_record_at": oldest, "measured_at": measured}


LINES = {"retention_rules": _retention_rules, "data_ages": _data_ages}
