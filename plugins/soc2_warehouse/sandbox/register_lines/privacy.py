"""Fields in which the sandbox company may keep personal data, store by store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.register_lines import Row
from soc2_warehouse.sandbox.rhythm import moment as at

ORDINARY = (("objects/", "email"), ("objects/", "full_name"))
#: Fields beside the ordinary ones, by bucket.
FIELDS = {
    "acme-kyc-scans": (("scans/", "passport_number"),),
    "acme-support-attachments": (("tickets/", "phone"),),
}
MAX_AGE_DAYS = 4000
MAX_AGE = {"acme-kyc-scans": 30, "acme-recordings": 365}
#: When a field came into the inventory, and when its purpose was written down.
LISTED = {("acme-support-attachments", "phone"): at("2026-07-03T10:00")}
EXPLAINED = {("acme-kyc-scans", "passport_number"): at("2026-07-02T09:00")}


def stores() -> list[tuple[str, str]]:
    """(ref, name) of every bucket of personal data."""
    from soc2_warehouse.sandbox.aws.buckets import BUCKETS

    return [(bucket.ref, bucket.name) for bucket in BUCKETS if (bucket.registered or bucket.tag) == "pii"]


def fields() -> Iterator[tuple[str, str, str, str]]:
    """(ref, name, table, field) of every field in which there are personal data."""
    for ref, name in stores():
        for table, field in (*ORDINARY, *FIELDS.get(name, ())):
            yield ref, name, table, field


def changes(company: Company) -> Iterator[datetime]:
    yield from LISTED.values()
    yield from EXPLAINED.values()


def _pii_inventory(company: Company, moment: datetime) -> Iterator[Row]:
    for ref, name, table, field in fields():
        key = (name, field)
        if moment < LISTED.get(key, moment):
            continue
        yield {
            "store_ref": ref,
            "table_name": table,
            "field_name": field,
            "purpose": None if moment < EXPLAINED.get(key, moment) else "contracts with customers",
            "max_age_days": MAX_AGE.get(name, MAX_AGE_DAYS),
            "approved_by": "E1003",
        }


LINES = {"pii_inventory": _pii_inventory}
