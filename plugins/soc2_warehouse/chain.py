"""The hash chain over everything that is evidence: landed files, receipts, judgements and ledger files.

``entry_hash = sha256(seq|prev_hash|object_uri|object_sha256|created_at)``. Whoever alters an object, or an entry,
breaks every hash behind it; whoever rewrites the whole chain is found only by an anchor kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from soc2_warehouse.evidence.history import fill
from soc2_warehouse.landing import Landing, receipt_uri
from soc2_warehouse.settings import Settings

GENESIS = "0" * 64
CHAIN = "chain.jsonl"
ANCHORS = "anchors.jsonl"
HASH_MISMATCH = "HASH_MISMATCH"
CHAIN_BROKEN = "CHAIN_BROKEN"
OBJECT_MISSING = "OBJECT_MISSING"
COLUMNS = (
    "seq bigint, object_uri varchar, expected varchar, actual varchar, problem varchar, signer varchar, "
    "signature varchar, external_anchor varchar, created_at timestamp"
)


@dataclass(frozen=True)
class Entry:
    """object_uri: ``landing/…`` or ``ledger/…``, never a machine path. created_at: when a receipt was finished
    or a judgement started, as recorded."""

    seq: int
    prev_hash: str
    object_uri: str
    object_sha256: str
    created_at: str
    entry_hash: str = ""

    def hashed(self) -> str:
        text = f"{self.seq}|{self.prev_hash}|{self.object_uri}|{self.object_sha256}|{self.created_at}"
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Check:
    """One entry verified. problem: None when it verifies, else a code of this module."""

    seq: int
    object_uri: str
    expected: str
    actual: str | None
    problem: str | None
    created_at: datetime
    signer: str | None = None
    signature: str | None = None
    external_anchor: str | None = None


def entries(ledger: Path) -> list[Entry]:
    """The chain as written. A last line that a crash cut short is no entry."""
    file = ledger / CHAIN
    if not file.exists():
        return []
    return [Entry(**json.loads(line)) for line in file.read_text(encoding="utf-8").split("\n")[:-1]]


def append_landed(settings: Settings, known_until: datetime) -> int:
    """Chain every receipt finished by ``known_until``, with its records, that is not chained yet, oldest first.

    Returns the number of entries added.
    """
    known = {Path(entry.object_uri).stem for entry in entries(settings.ledger) if _is_receipt(entry)}
    landing = Landing(settings.landing_url)
    fresh = [receipt for receipt in landing.receipts(known=known) if receipt.finished_at <= known_until]
    objects = []
    for receipt in sorted(fresh, key=lambda receipt: (receipt.finished_at, receipt.run_id)):
        uri, at = receipt_uri(receipt), _text(receipt.finished_at)
        objects.append((f"landing/{uri}", hashlib.sha256(landing.read(uri)).hexdigest(), at))
        if receipt.object_uri and receipt.sha256:
            # The hash is the one taken when the records were written: it shows also what was altered since.
            objects.append((f"landing/{receipt.object_uri}", receipt.sha256, at))
    return _append(settings.ledger, objects)


def append_judgement(settings: Settings, folder: Path, record_uri: str, started_at: datetime) -> int:
    """Chain one judgement: its record in the landing zone and its files in the ledger. Returns the entries added."""
    at = _text(started_at)
    content = Landing(settings.landing_url).read(record_uri)
    objects = [(f"landing/{record_uri}", hashlib.sha256(content).hexdigest(), at)]
    for path in sorted(folder.iterdir()):
        if not path.name.startswith("_"):
            objects.append((f"ledger/{path.relative_to(settings.ledger).as_posix()}", _sha256(path), at))
    return _append(settings.ledger, objects)


def _append(ledger: Path, objects: list[tuple[str, str, str]]) -> int:
    """Add (uri, sha256, created_at) to the chain."""
    chained = entries(ledger)
    previous = chained[-1].entry_hash if chained else GENESIS
    lines = []
    for seq, (uri, sha256, created_at) in enumerate(objects, len(chained) + 1):
        entry = Entry(seq, previous, uri, sha256, created_at)
        entry = replace(entry, entry_hash=entry.hashed())
        previous = entry.entry_hash
        lines.append(json.dumps(asdict(entry), sort_keys=True, ensure_ascii=False, separators=(",", ":")))
    if lines:
        _append_lines(ledger / CHAIN, lines)
    return len(lines)


def _is_receipt(entry: Entry) -> bool:
    return entry.object_uri.startswith("landing/_receipts/")


def _text(moment: datetime) -> str:
    """UTC with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _append_lines(file: Path, lines: list[str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as chain:
        content = file.read_bytes()
        # Drop what a crash left of an unfinished line: it was never an entry.
        chain.truncate(content.rfind(b"\n") + 1)
        chain.write(("\n".join(lines) + "\n").encode())
        chain.flush()
        os.fsync(chain.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(settings: Settings) -> list[Check]:
    """Recompute every object's and every entry's hash, and compare with the anchors. One Check per entry."""
    landing = Landing(settings.landing_url)
    anchors = _anchors(settings.ledger)
    checks = []
    previous = GENESIS
    for position, entry in enumerate(entries(settings.ledger), 1):
        actual = _actual(settings, landing, entry.object_uri)
        anchor = anchors.pop(position, None)
        problem = None
        linked = entry.seq == position and entry.prev_hash == previous and entry.entry_hash == entry.hashed()
        if not linked or (anchor and anchor["entry_hash"] != entry.entry_hash):
            problem = CHAIN_BROKEN
        elif actual is None:
            problem = OBJECT_MISSING
        elif actual != entry.object_sha256:
            problem = HASH_MISMATCH
        created_at = datetime.fromisoformat(entry.created_at).astimezone(UTC).replace(tzinfo=None)
        uri = anchor["anchor_uri"] if anchor else None
        checks.append(
            Check(position, entry.object_uri, entry.object_sha256, actual, problem, created_at, external_anchor=uri)
        )
        previous = entry.entry_hash
    for seq, anchor in sorted(anchors.items()):
        # The chain once reached further than it does now: entries were cut off.
        moment = datetime.fromisoformat(anchor["anchored_at"]).astimezone(UTC).replace(tzinfo=None)
        uri = anchor["anchor_uri"]
        checks.append(Check(seq, f"ledger/{CHAIN}", anchor["entry_hash"], None, CHAIN_BROKEN, moment, None, None, uri))
    return checks


def _actual(settings: Settings, landing: Landing, uri: str) -> str | None:
    place, _, path = uri.partition("/")
    try:
        if place == "landing":
            return hashlib.sha256(landing.read(path)).hexdigest()
        return _sha256(settings.ledger / path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def write_verification(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """(Re)create raw_ledger.chain_verification: a row per entry."""
    connection.execute("create schema if not exists raw_ledger")
    fill(connection, "raw_ledger.chain_verification", COLUMNS, [asdict(check) for check in verify(settings)])


def anchor(settings: Settings, anchor_uri: str, anchored_at: datetime) -> Entry:
    """Record that the head was written down outside the warehouse (signed tag, locked bucket, ticket) at that address.

    Returns the head that was anchored. Raises ValueError when there is no chain yet.
    """
    chained = entries(settings.ledger)
    if not chained:
        raise ValueError("there is no chain to anchor: judge a day first")
    head = chained[-1]
    moment = anchored_at.astimezone(UTC).isoformat()
    line = {"anchor_uri": anchor_uri, "anchored_at": moment, "entry_hash": head.entry_hash, "seq": head.seq}
    _append_lines(settings.ledger / ANCHORS, [json.dumps(line, sort_keys=True)])
    return head


def _anchors(ledger: Path) -> dict[int, dict[str, str]]:
    file = ledger / ANCHORS
    if not file.exists():
        return {}
    return {int(anchor["seq"]): anchor for anchor in map(json.loads, file.read_text().splitlines())}
