"""What a sheet reads of the landing zone: receipts of the extracts a run names, and every record in their raw files.

One reader serves the sheets of all controls of a day: they share most of their extracts, and each is read once.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from soc2_warehouse.evidence import ipe_trace
from soc2_warehouse.judgements import PREFIX, Record
from soc2_warehouse.landing import Landing
from soc2_warehouse.receipts import Receipt, selected
from soc2_warehouse.settings import Settings

#: Decoded records that are kept for the next control; some hundred megabytes.
KEPT = 100_000


class Inputs:
    """Receipts and records of one landing zone. Problems are sentences, added to the list that is given."""

    def __init__(self, settings: Settings) -> None:
        self.landing = Landing(settings.landing_url)
        self._receipts: dict[str, Receipt] = {}
        self._kept: OrderedDict[str, tuple[list[ipe_trace.Record], list[str]]] = OrderedDict()
        self._count = 0

    @cached_property
    def _uris(self) -> dict[str, list[str]]:
        """source_id → uris of its receipts."""
        found: dict[str, list[str]] = {}
        for uri in self.landing.list("_receipts"):
            found.setdefault(uri.split("/")[2], []).append(uri)
        return found

    @cached_property
    def _by_run(self) -> dict[str, str]:
        return {Path(uri).stem: uri for uris in self._uris.values() for uri in uris}

    def _receipt(self, uri: str) -> Receipt:
        if uri not in self._receipts:
            self._receipts[uri] = Receipt.from_json(self.landing.read(uri))
        return self._receipts[uri]

    def receipts(self, run: Mapping[str, Any], run_id: str, problems: list[str]) -> tuple[list[Receipt], list[Receipt]]:
        """Receipts of the extracts the run names, and of the earlier ones that event tables also bring."""
        receipts = []
        for wanted in run["input_run_ids"]:
            if wanted in self._by_run:
                receipts.append(self._receipt(self._by_run[wanted]))
            else:
                problems.append(f"the receipt of the extract {wanted} is missing")
        day = date.fromisoformat(run["logical_date"])
        try:
            record = Record.from_json(self.landing.read(f"{PREFIX}/day={day}/{run_id}.json"))
        except FileNotFoundError:
            problems.append(f"the record of the judgement {run_id} is missing from the landing zone")
            return receipts, []
        earlier = []
        for receipt in receipts:
            if receipt.kind == "event":
                every = (self._receipt(uri) for uri in self._uris[receipt.source_id])
                chosen = selected(every, day, record.known_until)
                earlier += [found for _, found in sorted(chosen.items()) if found.run_id != receipt.run_id]
        return receipts, earlier

    def records(self, receipts: Iterable[Receipt], problems: list[str]) -> list[ipe_trace.Record]:
        """Every record of the extracts, their files hashed again on the way."""
        found = []
        for receipt in receipts:
            if receipt.run_id not in self._kept:
                self._kept[receipt.run_id] = self._read(receipt)
                self._count += len(self._kept[receipt.run_id][0])
            self._kept.move_to_end(receipt.run_id)
            records, told = self._kept[receipt.run_id]
            found += records
            problems += told
            while self._count > KEPT and len(self._kept) > 1:
                _, (dropped, _) = self._kept.popitem(last=False)
                self._count -= len(dropped)
        return found

    def _read(self, receipt: Receipt) -> tuple[list[ipe_trace.Record], list[str]]:
        """(records, problems) of one extract."""
        if not receipt.object_uri:
            return [], [f"the extract {receipt.run_id} wrote no raw file ({receipt.status})"]
        try:
            content = self.landing.read(receipt.object_uri)
        except FileNotFoundError:
            return [], [f"the raw file of the extract {receipt.run_id} is missing"]
        if hashlib.sha256(content).hexdigest() != receipt.sha256:
            return [], [f"the raw file of the extract {receipt.run_id} is not the one that was landed"]
        rows = self.landing.records(receipt.object_uri).to_pylist()
        told = []
        if len(rows) != receipt.rows:
            told.append(f"the raw file of {receipt.run_id} has {len(rows)} rows, its receipt says {receipt.rows}")
        return [ipe_trace.record(receipt, row) for row in rows], told
