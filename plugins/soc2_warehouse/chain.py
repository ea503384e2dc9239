"""The hash chain over everything that is evidence: landed files, receipts, judgements, ledger files and samples.

``entry_hash = sha256(seq|prev_hash|object_uri|object_sha256|created_at)``. Whoever alters an object, or an entry,
breaks every hash behind it; whoever rewrites the whole chain is found only by an anchor kept elsewhere.

``evidence/verify_evidence.py`` says what a chain is and verifies it; here it is written, and verified in a home.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from soc2_warehouse.evidence import verify_evidence
from soc2_warehouse.evidence.home import Home
from soc2_warehouse.evidence.lines import append_lines, last_line
from soc2_warehouse.evidence.verify_evidence import (
    CHAIN_BROKEN,
    GENESIS,
    HASH_MISMATCH,
    OBJECT_MISSING,
    Anchor,
    Entry,
    Result,
)
from soc2_warehouse.judgements import PREFIX, Record
from soc2_warehouse.landing import Landing, receipt_uri
from soc2_warehouse.settings import Settings

__all__ = ["CHAIN_BROKEN", "HASH_MISMATCH", "OBJECT_MISSING", "Entry"]

CHAIN = "chain.jsonl"
ANCHORS = "anchors.jsonl"
COLUMNS = (
    "seq bigint, object_uri varchar, expected varchar, actual varchar, problem varchar, signer varchar, "
    "signature varchar, external_anchor varchar, anchored_at timestamp, created_at timestamp"
)


@dataclass(frozen=True)
class Check:
    """One entry verified, or one object that is in no entry (numbered behind the last). problem: None when it
    verifies, else a code of verify_evidence. Times are naive UTC, as the warehouse keeps them.
    """

    seq: int
    object_uri: str
    expected: str | None
    actual: str | None
    problem: str | None
    created_at: datetime
    signer: str | None = None
    signature: str | None = None
    external_anchor: str | None = None
    anchored_at: datetime | None = None


def entries(ledger: Path) -> list[Entry]:
    """The chain as written. A last line that a crash cut short is no entry. Raises ValueError for another."""
    file = ledger / CHAIN
    found = []
    for number, line in enumerate(verify_evidence.chain_lines(file.read_bytes() if file.exists() else None), 1):
        entry = verify_evidence.parse_entry(line)
        if entry is None:
            raise ValueError(f"{file}: line {number} is no entry")
        found.append(entry)
    return found


def append_landed(settings: Settings, known_until: datetime) -> int:
    """Chain every receipt finished by ``known_until``, with its records, that is not chained yet, oldest first.

    Returns the number of entries added.
    """
    landing = Landing(settings.landing_url)
    fresh = [r for r in landing.receipts(known=_chained(settings.ledger)) if r.finished_at <= known_until]
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
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not path.name.startswith("_"):
            objects.append((f"ledger/{path.relative_to(settings.ledger).as_posix()}", _sha256(path), at))
    return _append(settings.ledger, objects)


def append_samples(settings: Settings) -> int:
    """Chain every frozen population, draw and replacement that is newer than those that are chained, oldest first.

    Whoever writes one calls this under ``warehouse.writing``; what a crash kept out joins with the next one, or in the
    next night, which seals it. Returns the entries added.
    """
    files = sorted(settings.samples.rglob("*.json")) if settings.samples.is_dir() else []
    if not files:  # on most nights nobody has drawn anything: the past is not read
        return 0
    known = [entry for entry in entries(settings.ledger) if entry.object_uri.startswith("samples/")]
    chained, newest = {entry.object_uri for entry in known}, max((entry.created_at for entry in known), default="")
    fresh = []
    for path in files:
        uri = f"samples/{path.relative_to(settings.samples).as_posix()}"
        if uri in chained or path.name.startswith("."):
            continue
        content = path.read_bytes()
        if verify_evidence.is_later_sample(content, newest):
            at = datetime.fromisoformat(verify_evidence.sample_time(content) or "")
            fresh.append((_text(at), uri, hashlib.sha256(content).hexdigest()))
    return _append(settings.ledger, [(uri, sha256, at) for at, uri, sha256 in sorted(fresh)])


def lend_samples(settings: Settings, scratch: Settings, run_id: str) -> None:
    """Put the samples that were chained before a judgement into the chain of a rebuild: they are not made again."""
    known = entries(settings.ledger)
    end = next((place for place, entry in enumerate(known) if run_id in entry.object_uri), 0)
    done = {entry.object_uri for entry in entries(scratch.ledger)}
    mine = [entry for entry in known[:end] if entry.object_uri.startswith("samples/") and entry.object_uri not in done]
    _append(scratch.ledger, [(entry.object_uri, entry.object_sha256, entry.created_at) for entry in mine])


def append_forgotten(settings: Settings) -> int:
    """Chain judgements that a crash kept from the chain. Returns the entries added.

    Only those newer than every chained one: a crash leaves the newest, and nothing older may be slipped in.
    """
    landing = Landing(settings.landing_url)
    chained = _chained(settings.ledger, PREFIX)
    forgotten = [Record.from_json(landing.read(uri)) for uri in landing.list(PREFIX) if Path(uri).stem not in chained]
    added = 0
    for made in sorted(forgotten, key=lambda record: record.started_at):
        times = [e.created_at for e in entries(settings.ledger) if e.object_uri.startswith(f"landing/{PREFIX}/")]
        if _text(made.started_at) > max(times, default=""):
            added += append_landed(settings, made.known_until)
            folder = settings.ledger / f"day={made.logical_date}" / f"run={made.run_id}"
            added += append_judgement(settings, folder, made.uri, made.started_at)
    return added


def _chained(ledger: Path, prefix: str = "_receipts") -> set[str]:
    """Run ids of the receipts (or judgements) that are chained. Only addresses are looked at: a night must not parse
    the history.
    """
    file = ledger / CHAIN
    content = file.read_bytes() if file.exists() else b""
    pattern = rb'"landing/%s/[^"]*/([^"/]+)\.json"' % prefix.encode()
    return {name.decode() for name in re.findall(pattern, content)}


def _append(ledger: Path, objects: Sequence[tuple[str, str, str]]) -> int:
    """Add (uri, sha256, created_at) to the chain."""
    if not objects:
        return 0
    number, previous = _end(ledger / CHAIN)
    lines = []
    for seq, (uri, sha256, created_at) in enumerate(objects, number + 1):
        entry = Entry(seq, previous, uri, sha256, created_at)
        entry = replace(entry, entry_hash=entry.hashed())
        previous = entry.entry_hash
        lines.append(entry.line())
    append_lines(ledger / CHAIN, lines)
    return len(lines)


def head(ledger: Path) -> Entry | None:
    """The newest entry. None without a chain, or when its last line is no entry."""
    last = last_line(ledger / CHAIN)
    return None if last is None else verify_evidence.parse_entry(last)


def _end(file: Path) -> tuple[int, str]:
    """Number and hash of the newest entry."""
    last = last_line(file)
    if last is None:
        return 0, GENESIS
    entry = verify_evidence.parse_entry(last)
    if entry is None:
        # Somebody damaged it. Tonight's evidence must be chained all the same; the verification names the line.
        return file.read_bytes().count(b"\n"), hashlib.sha256(last).hexdigest()
    return entry.seq, entry.entry_hash


def _text(moment: datetime) -> str:
    """UTC with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(settings: Settings, anchors: Sequence[Anchor] = (), known_until: datetime | None = None) -> list[Check]:
    """What ``verify_evidence.verify`` finds, a Check per entry and per object that is in none.

    known_until: anchors recorded later do not count yet (aware UTC).
    """
    return checks(verify_evidence.verify(Home(settings), anchors=anchors, known_until=known_until))


def checks(result: Result) -> list[Check]:
    """One Check per entry; a problem of a seal shows at the entry it signs, what is in no entry behind the last one."""
    by_seq = {problem.seq: problem for problem in reversed(result.problems)}
    sealed = {seal.last_seq: seal for seal in result.seals.values()}
    anchored = {int(record["seq"]): record for record in reversed(result.anchored)}
    found = []
    moment = datetime(1970, 1, 1)  # noqa: DTZ001 - a chain whose first line is no entry has no time
    for link in result.links:
        problem = link.problem or by_seq.get(link.position)
        uri, expected, actual = f"ledger/{CHAIN}", None, link.actual
        if link.entry:
            uri, expected = link.entry.object_uri, link.entry.object_sha256
            moment = _naive(link.entry.created_at)
        if problem and problem is not link.problem:
            uri, expected, actual = problem.file, problem.expected, problem.found
        seal, record = sealed.get(link.position), anchored.get(link.position)
        found.append(
            Check(
                link.position,
                uri,
                expected,
                actual,
                problem.code if problem else None,
                moment,
                ", ".join(seal.signers) if seal else None,
                seal.signature if seal else None,
                record["anchor_uri"] if record else None,
                _naive(record["anchored_at"]) if record else None,
            )
        )
    behind = [problem for problem in result.problems if problem.seq > len(found)]
    for seq, problem in enumerate(behind, len(found) + 1):
        found.append(Check(seq, problem.file, problem.expected, problem.found, problem.code, moment))
    return found


def _naive(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def write_verification(
    connection: duckdb.DuckDBPyConnection, settings: Settings, known_until: datetime | None = None
) -> None:
    """(Re)create raw_ledger.chain_verification, which EV-03 judges: a row per entry, compared with the newest seal of
    each anchor, too.

    An anchor that cannot be read tonight contradicts nothing; the night's summary and ``soc2 verify`` say so.
    """
    connection.execute("create schema if not exists raw_ledger")
    connection.execute(f"create or replace table raw_ledger.chain_verification ({COLUMNS})")
    rows = [vars(check) for check in verify(settings, _newest(settings), known_until)]
    if rows:
        # Through Arrow: the chain of a half year has fifty thousand entries.
        connection.register("checks", pa.Table.from_pylist(rows))
        connection.execute("insert into raw_ledger.chain_verification by name select * from checks")
        connection.unregister("checks")


def _newest(settings: Settings) -> list[Anchor]:
    if not settings.anchors:
        return []
    from soc2_warehouse.evidence import anchors

    found = [anchors.read(settings, target, newest_only=True) for target in settings.anchors]
    return [replace(anchor, error=None) for anchor in found if anchor.heads]


def anchor(settings: Settings, anchor_uri: str, anchored_at: datetime) -> Entry:
    """Record that the head was written down outside the warehouse by hand (a ticket, a letter) at that address.

    Returns the head that was anchored. Raises ValueError when there is no chain yet.
    """
    newest = head(settings.ledger)
    if newest is None:
        raise ValueError("there is no chain to anchor: judge a day first")
    record(
        settings, anchor_uri=anchor_uri, anchored_at=_text(anchored_at), entry_hash=newest.entry_hash, seq=newest.seq
    )
    return newest


def record(settings: Settings, **values: object) -> None:
    """Add a line to ledger/anchors.jsonl: what was anchored or stamped, or why it could not be."""
    append_lines(settings.ledger / ANCHORS, [json.dumps(values, sort_keys=True)])


def records(settings: Settings) -> list[dict[str, Any]]:
    """The lines of ledger/anchors.jsonl that can be read; the verification names those that cannot."""
    file = settings.ledger / ANCHORS
    found = []
    for line in file.read_bytes().split(b"\n")[:-1] if file.exists() else ():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [values for values in found if isinstance(values, dict)]


def lend_anchors(settings: Settings, scratch: Settings) -> None:
    """Let a replay know the anchors that its judgements knew: each counts from its time on, wherever it was read."""
    for values in records(settings):
        if "anchor_uri" in values:
            # Without the seal, which is not made again.
            record(scratch, **{name: values[name] for name in ("anchor_uri", "anchored_at", "entry_hash", "seq")})
