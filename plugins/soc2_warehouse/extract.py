"""Extraction of one source: run its tables, land what they yield, write a receipt for each, whatever happened.

Fetching never judges. A table that fails gets a receipt that says so, and the other tables go on.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from soc2_warehouse import sources
from soc2_warehouse.clock import Clock, current_day
from soc2_warehouse.connections import NotConfigured, find
from soc2_warehouse.landing import Landing
from soc2_warehouse.receipts import Receipt, selected
from soc2_warehouse.settings import PACKAGE, Settings
from soc2_warehouse.sources import Envelope, Read, Source, TableFunction, TableNotLanded, TableSpec

#: How far back the first fetch of an event table reaches: a little over half a year, an observation window so far.
FIRST_WINDOW = timedelta(days=200)
#: Event tables are read again from a little before the stored cursor: late and edited events are caught, rows twice
#: read are the same event twice and collapse in staging.
OVERLAP = timedelta(hours=6)
#: How far back to look for a list of objects when events of a past day are fetched.
NEAR = timedelta(days=7)

Progress = Callable[[Receipt], None]


class PastSnapshot(ValueError):
    """APIs return today's state: a snapshot of a past day would put today's data under an old date."""


@lru_cache(maxsize=1)
def extractor_version() -> str:
    """sha256 over the code that extracts: sources and landing."""
    digest = hashlib.sha256()
    for path in [*sorted((PACKAGE / "sources").rglob("*.py")), PACKAGE / "landing.py", PACKAGE / "extract.py"]:
        digest.update(path.relative_to(PACKAGE).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def run_source(
    settings: Settings,
    name: str,
    day: date,
    clock: Clock | None = None,
    progress: Progress | None = None,
    reason: str = "",
) -> list[Receipt]:
    """Fetch every table of source ``name`` for logical day ``day``. Returns one receipt per table, never raises for a
    source that is down or denied. reason: why a person fetches it (again), for the receipts.
    """
    clock = clock or Clock()
    source = sources.load(name)
    landing = Landing(settings.landing_url)
    run = _Run(settings, source, day, clock, landing, reason)
    receipts = []
    for function in source.tables.values():
        receipt = run.table(function)
        receipts.append(receipt)
        if progress:
            progress(receipt)
    return receipts


class _Run:
    """One source, one run."""

    def __init__(
        self, settings: Settings, source: Source, day: date, clock: Clock, landing: Landing, reason: str
    ) -> None:
        self.reason = reason
        self.settings, self.source, self.day, self.clock, self.landing = settings, source, day, clock, landing
        self.suffix = f"{clock.now():%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
        self.landed: dict[str, str] = {}
        self.lent: dict[str, list[str]] = {}
        self.failure: Exception | None = None
        self._cursors: dict[str, datetime] | None = None
        try:
            self.client = source.client(find(source.connection))
        except Exception as error:  # not configured, SDK refuses the credentials, no route: told on every receipt
            self.client, self.failure = None, error

    def table(self, function: TableFunction) -> Receipt:
        spec = function.table
        run_id = f"{self.source.name}.{spec.name}-{self.suffix}"
        started_at, self.lent = self.clock.now(), {}
        read = Read(
            day=self.day,
            since=self._since(spec, started_at),
            until=started_at,
            concurrency=self.source.concurrency,
            earlier=self._earlier,
            home=self.settings.home,
        )
        before = self.source.calls(self.client) if self.client is not None else (0, 0, 0)
        written: tuple[str, str, int, dict[str, int]] | None = None
        errors: list[str] = []
        try:
            self._check(spec)
            rows = ((_envelope(item), self.clock.now()) for item in function(self.client, read))
            written = self.landing.write_records(self.source.name, spec.name, self.day, run_id, rows)
        except Exception as error:  # whatever a provider or an SDK throws becomes the receipt's own words
            errors.append(f"{type(error).__name__}: {error}"[:2000])
        after = self.source.calls(self.client) if self.client is not None else (0, 0, 0)
        counts = written[3] if written else {"rows": 0, "denied": 0, "errors": 0}
        status = self._status(read, written is not None, counts)
        if written and status in ("complete", "partial"):
            self.landed[spec.name] = written[0]
        receipt = Receipt(
            run_id=run_id,
            source=self.source.name,
            table_name=spec.name,
            kind=spec.kind,
            logical_date=self.day,
            status=status,
            collection_method="register" if spec.kind == "register" else "api",
            started_at=started_at,
            finished_at=self.clock.now(),
            query=spec.query,
            parameters=read.parameters | ({"lists_of_other_days": dict(self.lent)} if self.lent else {}),
            credential_identity=read.credential_identity,
            tenant=read.tenant_name,
            window_start=read.since if spec.kind == "event" else None,
            window_end=read.until if spec.kind == "event" else None,
            pages=read.pages,
            rows=counts["rows"],
            api_reported_total=read.api_total,
            permission_denied=counts["denied"],
            object_errors=counts["errors"],
            api_calls=after[0] - before[0],
            throttled=after[1] - before[1],
            http_errors=after[2] - before[2],
            sha256=written[1] if written else None,
            size_bytes=written[2] if written else 0,
            object_uri=written[0] if written else None,
            extractor_version=extractor_version(),
            errors=errors + read.problems,
            reason=self.reason,
        )
        self.landing.write_receipt(receipt)
        return receipt

    def _check(self, spec: TableSpec) -> None:
        if self.failure is not None:
            raise self.failure
        today = current_day(self.clock.now(), self.settings.observed_at)
        if spec.kind != "event" and self.day < today:
            raise PastSnapshot(
                f"{self.source.name}.{spec.name} is a {spec.kind}: the API tells today's state ({today}), "
                f"which is no evidence for {self.day}"
            )
        if self.day > today:
            raise ValueError(f"{self.day} has not come yet: the newest day that can be observed is {today}")

    def _status(self, read: Read, written: bool, counts: dict[str, int]) -> str:
        if not written:
            return "failed"
        if read.api_total is not None and read.api_total != counts["rows"]:
            read.problems.append(f"the API reports {read.api_total} rows, {counts['rows']} were read")
        if read.problems:
            return "incomplete"
        return "partial" if counts["denied"] else "complete"

    def _since(self, spec: TableSpec, started_at: datetime) -> datetime:
        """Where an event table's window starts: the end of its last usable window before this day, less the overlap.

        Runs of the same day are not looked at: a second run of a day must hold everything the first one did.
        """
        if spec.kind != "event":
            return started_at
        if self._cursors is None:
            events = {f"{self.source.name}.{name}" for name, f in self.source.tables.items() if f.table.kind == "event"}
            self._cursors = cursors(self.landing, events, self.day)
        cursor = self._cursors.get(f"{self.source.name}.{spec.name}")
        return cursor - OVERLAP if cursor else started_at - FIRST_WINDOW

    def _earlier(self, table_name: str) -> Iterable[Envelope]:
        if table_name in self.landed:
            return self.landing.envelopes(self.landed[table_name])
        if self.day < current_day(self.clock.now(), self.settings.observed_at):
            return self._around(table_name)
        raise TableNotLanded(f"{self.source.name}.{table_name} is needed first, and this run could not read it")

    def _around(self, table_name: str) -> Iterable[Envelope]:
        """Of a list that cannot be read for a past day any more: what the lists before and after it had, each object
        once. Events of that day can be fetched late all the same; the receipt names the lists.
        """
        spec, source_id = self.source.tables[table_name].table, f"{self.source.name}.{table_name}"
        today = current_day(self.clock.now(), self.settings.observed_at)
        later = (self.day + timedelta(days=ahead) for ahead in range(1, (today - self.day).days + 1))
        before = (self.day - timedelta(days=back) for back in range(1, NEAR.days + 1))
        lists = [self._list(source_id, later), self._list(source_id, before)]
        if lists[0] is None:
            raise TableNotLanded(f"{source_id} is needed, and no extract after {self.day} could be used for it")
        self.lent[table_name] = [receipt.run_id for receipt in lists if receipt]
        seen = set()
        for receipt in lists:
            for envelope in self.landing.envelopes(receipt.object_uri or "") if receipt else ():
                record = envelope.record if isinstance(envelope.record, dict) else {}
                key = tuple(str(record.get(name, (envelope.parent or {}).get(name))) for name in spec.key)
                if key not in seen:
                    seen.add(key)
                    yield envelope

    def _list(self, source_id: str, days: Iterable[date]) -> Receipt | None:
        """The first usable extract of a table on one of these days."""
        for day in days:
            for (found, _), receipt in selected(self.landing.receipts(day=day), day).items():
                if found == source_id:
                    return receipt
        return None


def cursors(landing: Landing, source_ids: set[str], day: date) -> dict[str, datetime]:
    """Per event table, the end of the newest usable window of an earlier day.

    Looks backwards day by day, as a rule no further than last night's receipts.
    """
    found: dict[str, datetime] = {}
    for back in range(1, FIRST_WINDOW.days + 1):
        missing = source_ids - found.keys()
        if not missing:
            break
        receipts = landing.receipts(day=day - timedelta(days=back))
        for (source_id, _), receipt in selected(receipts, day).items():
            if source_id in missing and receipt.window_end is not None:
                found[source_id] = receipt.window_end
    return found


def land_file(
    settings: Settings,
    source: str,
    table_name: str,
    day: date,
    lines: Iterator[tuple[int, str]],
    origin: str,
    kind: str = "snapshot",
    envelope: bool = False,
    clock: Clock | None = None,
    reason: str = "",
) -> Receipt:
    """Land records of another exporter (one JSON document a line) in the same way, receipt included.

    A line that is not JSON is named by number and makes the receipt incomplete; the other lines are landed.
    """
    import json

    clock = clock or Clock()
    started_at = clock.now()
    errors: list[str] = []

    def rows() -> Iterator[tuple[Envelope, datetime]]:
        for number, line in lines:
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except ValueError as error:
                errors.append(f"{origin} line {number}: not JSON ({error}); write one JSON document a line")
                yield (
                    Envelope(parent={"line": number}, error={"status": 0, "code": "BAD_LINE", "message": line[:500]}),
                    started_at,
                )
                continue
            yield (Envelope(**value) if envelope else _envelope(value)), started_at

    landing = Landing(settings.landing_url)
    run_id = f"{source}.{table_name}-{started_at:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    uri, digest, size, counts = landing.write_records(source, table_name, day, run_id, rows())
    receipt = Receipt(
        run_id=run_id,
        source=source,
        table_name=table_name,
        kind=kind,
        logical_date=day,
        status="incomplete" if errors else ("partial" if counts["denied"] else "complete"),
        collection_method="file",
        started_at=started_at,
        finished_at=clock.now(),
        query=f"soc2 land {source} {table_name} {origin}",
        window_start=started_at - FIRST_WINDOW if kind == "event" else None,
        window_end=started_at if kind == "event" else None,
        pages=1,
        rows=counts["rows"],
        permission_denied=counts["denied"],
        object_errors=counts["errors"],
        sha256=digest,
        size_bytes=size,
        object_uri=uri,
        extractor_version=extractor_version(),
        errors=errors,
        reason=reason,
    )
    landing.write_receipt(receipt)
    return receipt


def _envelope(item: Any) -> Envelope:
    return item if isinstance(item, Envelope) else Envelope(record=item)


__all__ = ["NotConfigured", "PastSnapshot", "cursors", "extractor_version", "land_file", "run_source"]
