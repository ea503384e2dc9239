"""The landing zone: immutable Parquet with the provider's records unmodified, and a receipt per table and run.

The only writer of raw files. Every object is created once: nothing is ever overwritten, a second run of a day lands
beside the first. Data first, receipt last: a run that dies in the middle leaves no receipt and therefore no data.
The zone is a local folder or ``s3://bucket/prefix`` (credentials and endpoint from the usual AWS_* variables).

    <source>/<table>/day=2026-07-01/run=<run_id>/records.parquet
    _receipts/day=2026-07-01/<source>.<table>/<run_id>.json
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import obstore
import pyarrow as pa
import pyarrow.parquet as pq
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, ObjectStore, S3Store

from soc2_warehouse.receipts import Receipt
from soc2_warehouse.sources import Envelope

SCHEMA = pa.schema(
    [
        ("seq", pa.int64()),
        ("record", pa.string()),
        ("parent", pa.string()),
        ("error", pa.string()),
        ("fetched_at", pa.timestamp("us")),
    ]
)
BATCH_ROWS = 5_000


class AlreadyLanded(FileExistsError):
    """An object of this name exists: the landing zone is write-once."""


def canonical(value: Any) -> str:
    """A record as JSON text: the provider's own keys, order and values; times as ISO 8601."""
    return json.dumps(value, ensure_ascii=False, default=_jsonable)


class Landing:
    """The landing zone at one address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.store = _store(url)

    # Writing

    def write_records(
        self, source: str, table_name: str, day: date, run_id: str, envelopes: Iterable[tuple[Envelope, datetime]]
    ) -> tuple[str, str, int, dict[str, int]]:
        """Write one run's rows. Returns (object uri, sha256, bytes, counts of rows, denied and object errors).

        The rows stream through a temporary file: memory does not grow with the table, and a reader's failure
        half-way leaves nothing behind.
        """
        counts = {"rows": 0, "denied": 0, "errors": 0}
        with tempfile.TemporaryDirectory(prefix="soc2-landing-") as folder:
            path = Path(folder) / "records.parquet"
            with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
                for batch in _batches(_rows(envelopes, counts)):
                    writer.write_batch(batch)
            with path.open("rb") as written:
                digest = hashlib.file_digest(written, "sha256").hexdigest()
            uri = f"{source}/{table_name}/day={day}/run={run_id}/records.parquet"
            self.create(uri, path)
            return uri, digest, path.stat().st_size, counts

    def write_receipt(self, receipt: Receipt) -> str:
        """Write a receipt; from now on the run exists. Returns its uri."""
        uri = receipt_uri(receipt)
        self.create(uri, receipt.to_json())
        return uri

    def create(self, uri: str, content: bytes | Path) -> None:
        """Create one object. Raises AlreadyLanded when it exists."""
        try:
            obstore.put(self.store, uri, content, mode="create", use_multipart=False)
        except AlreadyExistsError as error:
            raise AlreadyLanded(f"{uri} is landed already; the landing zone is write-once") from error

    # Reading

    def receipts(self, known: set[str] | None = None, day: date | None = None) -> Iterator[Receipt]:
        """Every receipt (of one day), except those whose run_id is in ``known``, in the order of their names."""
        known = known or set()
        prefix = f"_receipts/day={day}" if day else "_receipts"
        for uri in self.list(prefix):
            if Path(uri).stem not in known:
                yield Receipt.from_json(self.read(uri))

    def list(self, prefix: str) -> list[str]:
        """Uris of all objects below ``prefix``, sorted."""
        return sorted(meta["path"] for page in obstore.list(self.store, prefix=prefix) for meta in page)

    def read(self, uri: str) -> bytes:
        """One object's bytes. Raises FileNotFoundError."""
        return bytes(obstore.get(self.store, uri).bytes())

    def records(self, uri: str) -> pa.Table:
        """One run's rows, schema ``SCHEMA``."""
        return pq.read_table(pa.BufferReader(self.read(uri)))

    def batches(self, uri: str) -> tuple[int, pa.RecordBatchReader]:
        """How many rows a run has, and the rows as a stream: what is under way is a batch, not the table."""
        file = pq.ParquetFile(pa.BufferReader(self.read(uri)))
        rows = file.iter_batches(batch_size=BATCH_ROWS)
        return file.metadata.num_rows, pa.RecordBatchReader.from_batches(file.schema_arrow, rows)

    def envelopes(self, uri: str) -> Iterator[Envelope]:
        """One run's rows, decoded."""
        for row in self.records(uri).to_pylist():
            yield Envelope(*(json.loads(row[name]) if row[name] else None for name in ("record", "parent", "error")))


def receipt_uri(receipt: Receipt) -> str:
    return f"_receipts/day={receipt.logical_date}/{receipt.source_id}/{receipt.run_id}.json"


def _store(url: str) -> ObjectStore:
    if url.startswith("s3://"):
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        options: dict[str, Any] = {}
        if endpoint:
            options = {"endpoint": endpoint, "client_options": {"allow_http": endpoint.startswith("http://")}}
        return S3Store(bucket, prefix=prefix or None, **options)
    return LocalStore(Path(url.removeprefix("file://")).absolute(), mkdir=True)


def _rows(envelopes: Iterable[tuple[Envelope, datetime]], counts: dict[str, int]) -> Iterator[dict[str, Any]]:
    for seq, (envelope, fetched_at) in enumerate(envelopes):
        counts["rows"] += 1
        if envelope.error is not None:
            counts["denied" if envelope.error.get("status") in (401, 403) else "errors"] += 1
        yield {
            "seq": seq,
            "record": None if envelope.error is not None and envelope.record is None else canonical(envelope.record),
            "parent": canonical(envelope.parent) if envelope.parent is not None else None,
            "error": canonical(envelope.error) if envelope.error is not None else None,
            "fetched_at": fetched_at.astimezone(UTC).replace(tzinfo=None),
        }


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[pa.RecordBatch]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= BATCH_ROWS:
            yield pa.RecordBatch.from_pylist(batch, schema=SCHEMA)
            batch = []
    if batch:
        yield pa.RecordBatch.from_pylist(batch, schema=SCHEMA)


def _jsonable(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    raise TypeError(f"{type(value).__name__} is not JSON")
