"""What the sandbox company exports for privacy: consents, uses of data, scans for personal data, and the mailbox."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.exports import Export, Record
from soc2_warehouse.sandbox.register_lines.privacy import fields, stores
from soc2_warehouse.sandbox.rhythm import moment

CONTENT = Path(__file__).parent / "registers_content"
BACK_DAYS = 3
SCANNED = "2026-06-28T04:00"
#: Stores that were scanned for the first time, or once more, at another time.
SCANS = {
    "acme-data-lake-raw": ("2026-07-02T04:00",),
    "acme-staging-kyc": (SCANNED, "2026-07-03T04:00"),
    "acme-staging-tickets": (SCANNED, "2026-07-04T04:00"),
}
COPIES = ("acme-staging-archive", "acme-staging-kyc", "acme-dev-recordings", "acme-staging-hr", "acme-staging-tickets")
#: The only copy in which values look like a person's, until it was cleaned and scanned again.
LEAKING = "acme-staging-kyc"
#: person, purpose, given, withdrawn, version of the notice
CONSENTS = (
    ("p1", "newsletter", "2026-02-01T09:00", None, "3"),
    ("p2", "newsletter", "2026-02-02T09:00", None, "3"),
    ("p3", "newsletter", "2026-02-03T09:00", "2026-06-28T08:00", "3"),
    ("p4", "newsletter", "2026-02-04T09:00", "2026-06-30T08:00", "3"),
    ("p5", "product_analytics", "2026-02-05T09:00", None, None),
    ("p6", "newsletter", "2026-02-06T09:00", "2026-03-01T09:00", "3"),
    ("p6", "newsletter", "2026-04-01T09:00", None, "3"),
)
#: Uses beside the newsletter of every morning to p1, p2 and p6: person, purpose, legal basis, time.
USES = (
    ("p3", "newsletter", "consent", "2026-06-30T09:00"),
    ("p4", "newsletter", "consent", "2026-06-30T09:00"),
    ("p5", "product_analytics", "consent", "2026-06-30T14:00"),
    ("p7", "product_analytics", "consent", "2026-06-30T15:00"),
    ("p8", "benchmarking", None, "2026-06-30T16:00"),
    ("p1", "billing", "contract", "2026-06-30T17:00"),
)


def exported(company: Company, now: datetime) -> Iterator[Export]:
    uses = list(_uses(now))
    yield "privacy", "consents", "event", list(_consents(now))
    yield "privacy", "processing_events", "event", uses
    yield "privacy", "event_counts", "event", list(_counts(uses, now))
    yield "privacy", "catalog_scans", "snapshot", list(_scans(now))
    yield "privacy", "request_tickets", "event", list(_tickets(now))


def _person(name: str) -> str:
    return hashlib.sha256(f"acme subject {name}".encode()).hexdigest()[:24]


def _consents(now: datetime) -> Iterator[Record]:
    for number, (person, purpose, given, withdrawn, notice) in enumerate(CONSENTS, 1):
        gone = moment(withdrawn) if withdrawn else None
        yield {
            "consent_id": f"cs-{number:04}",
            "subject_id": _person(person),
            "purpose": purpose,
            "given_at": moment(given).isoformat(),
            "withdrawn_at": gone.isoformat() if gone and gone <= now else None,
            "source": "preferences page",
            "notice_version": notice,
        }


def _days(now: datetime) -> list[date]:
    return [now.date() - timedelta(days=number) for number in range(BACK_DAYS, -1, -1)]


def _uses(now: datetime) -> Iterator[Record]:
    planned = [
        (person, "newsletter", "consent", f"{day}T09:00") for day in _days(now) for person in ("p1", "p2", "p6")
    ] + [use for use in USES if moment(use[3]).date() in _days(now)]
    for person, purpose, basis, when in planned:
        if moment(when) <= now:
            yield {
                "event_id": f"{purpose}-{person}-{when[:10]}",
                "subject_id": _person(person),
                "purpose": purpose,
                "used_at": moment(when).isoformat(),
                "legal_basis": basis,
            }


def _counts(uses: list[Record], now: datetime) -> Iterator[Record]:
    """Of every day that is over, as the applications count for themselves."""
    for day in _days(now)[:-1]:
        yield {"counted_on": str(day), "events": sum(use["used_at"].startswith(str(day)) for use in uses)}


def _scans(now: datetime) -> Iterator[Record]:
    for name in COPIES:
        for when in _scanned(name, now):
            yield _scan(f"arn:aws:s3:::{name}", when)
            if name == LEAKING and when == moment(SCANNED):
                yield _scan(f"arn:aws:s3:::{name}", when, "scans/", "passport_number", "passport", 0.02)
    for ref, name in stores():
        for when in _scanned(name, now):
            yield _scan(ref, when)
            for _, _, table, field in (found for found in fields() if found[0] == ref):
                # What nobody uploaded with a name cannot be detected by one.
                if field != "full_name":
                    yield _scan(ref, when, table, field, field, 0.93)


def _scanned(name: str, now: datetime) -> list[datetime]:
    """The newest scan of a store, if there was one."""
    return [when for when in map(moment, SCANS.get(name, (SCANNED,))) if when <= now][-1:]


def _scan(
    ref: str,
    when: datetime,
    table: str | None = None,
    field: str | None = None,
    kind: str | None = None,
    rate: float = 0,
) -> Record:
    return {
        "store_ref": ref,
        "table_name": table,
        "column_name": field,
        "detected_type": kind,
        "sample_match_rate": rate,
        "scanned_at": when.isoformat(),
    }


def _tickets(now: datetime) -> Iterator[Record]:
    with (CONTENT / "dsar.csv").open(newline="") as file:
        requests = {line["request_id"]: line["received_at"] for line in csv.DictReader(file)}
    for request, received in requests.items():
        if moment(received.removesuffix("Z")) <= now:
            yield {"ticket_id": request.replace("DSR", "PRIV"), "request_id": request, "received_at": received}
