"""The register of log streams: each stream with its destinations, and whose reads of personal data it carries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.register_lines import Row

#: The stream that carries reads of buckets, and a bucket that nobody named in it: NOT_LOGGED (LG-03).
READS, FORGOTTEN = "aws-trail", "arn:aws:s3:::acme-kyc-scans"


def personal_buckets() -> list[str]:
    """ARNs of buckets that hold personal data."""
    from soc2_warehouse.sandbox.aws.buckets import BUCKETS

    return [plan.ref for plan in BUCKETS if (plan.registered or plan.tag) == "pii"]


def _log_streams(company: Company, moment: datetime) -> Iterator[Row]:
    from soc2_warehouse.sandbox.log_streams import STREAMS

    named = [ref for ref in personal_buckets() if ref != FORGOTTEN]
    for stream in STREAMS:
        for store in stream.stores:
            yield {
                "stream_id": stream.name,
                "system_id": stream.system,
                "event_types": list(store.types or stream.types),
                "destination_type": store.kind,
                "destination_ref": store.ref,
                "is_full_copy": True,
                "native_retention_days": store.native,
                "starts_on": stream.starts_on,
                "is_quiet": stream.quiet,
                "data_stores": named if stream.name == READS else None,
            }


LINES = {"log_streams": _log_streams}
