"""Receipts: what a table's extract did, so that a list is evidence (IPE) and not just a list.

A receipt is written last. Data without a receipt does not exist for the warehouse.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

#: complete: every page read, counts agree, nothing denied. partial: every page read, but some objects answered an
#: error (their rows carry it). incomplete: something is missing or the API's total disagrees. failed: nothing usable.
STATUSES = ("complete", "partial", "incomplete", "failed")
USABLE = ("complete", "partial")


@dataclass(frozen=True)
class Receipt:
    """One table, one run. Times are aware UTC; ``rows`` counts landed envelopes, errors included.

    reason: why a person fetched or landed it again; empty for the night's own.
    """

    run_id: str
    source: str
    table_name: str
    kind: str
    logical_date: date
    status: str
    collection_method: str
    started_at: datetime
    finished_at: datetime
    query: str
    parameters: dict[str, Any] = field(default_factory=dict)
    credential_identity: str = ""
    tenant: str = ""
    window_start: datetime | None = None
    window_end: datetime | None = None
    pages: int = 0
    rows: int = 0
    api_reported_total: int | None = None
    permission_denied: int = 0
    object_errors: int = 0
    http_errors: int = 0
    throttled: int = 0
    api_calls: int = 0
    sha256: str | None = None
    size_bytes: int = 0
    object_uri: str | None = None
    extractor_version: str = ""
    errors: list[str] = field(default_factory=list)
    reason: str = ""

    @property
    def source_id(self) -> str:
        return f"{self.source}.{self.table_name}"

    @property
    def usable(self) -> bool:
        return self.status in USABLE

    def to_json(self) -> bytes:
        """Canonical JSON: sorted keys, UTF-8, ISO 8601 times."""
        return json.dumps(asdict(self), default=_text, sort_keys=True, ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_json(cls, text: bytes | str) -> Receipt:
        value = json.loads(text)
        for name in ("started_at", "finished_at", "window_start", "window_end"):
            if value.get(name):
                value[name] = datetime.fromisoformat(value[name])
        value["logical_date"] = date.fromisoformat(value["logical_date"])
        return cls(**value)


def _text(value: Any) -> str:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} does not belong on a receipt")


def selected(
    receipts: Iterable[Receipt], day: date, known_until: datetime | None = None
) -> dict[tuple[str, date], Receipt]:
    """The run that counts for each (source_id, logical day) up to ``day``: the newest complete one, else the newest
    partial one. Receipts finished after ``known_until`` are not known yet to the judgement that asks.
    """
    chosen: dict[tuple[str, date], Receipt] = {}
    for receipt in receipts:
        if not receipt.usable or receipt.logical_date > day:
            continue
        if known_until is not None and receipt.finished_at > known_until:
            continue
        key = (receipt.source_id, receipt.logical_date)
        if key not in chosen or _rank(receipt) > _rank(chosen[key]):
            chosen[key] = receipt
    return chosen


def _rank(receipt: Receipt) -> tuple[bool, datetime, str]:
    return receipt.status == "complete", receipt.finished_at, receipt.run_id
