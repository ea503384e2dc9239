"""The exception ledger of a series of judged nights, folded from the ledger's files.

Only the newest judgement of each logical day is folded, in order of days. The result of the nights before the last
one is kept in a cache file, named by what it was folded from; a file that does not fit is ignored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from soc2_warehouse.evidence.decisions import Decision
from soc2_warehouse.evidence.exceptions import ControlNight, Event, Exception_, Row, advance

EXCEPTION_COLUMNS = (
    "exception_id varchar, control_id varchar, entity_key varchar, entity_name varchar, code varchar, "
    "severity varchar, owner_key varchar, reason varchar, state varchar, first_seen_at timestamp, "
    "opened_at timestamp, last_seen_at timestamp, due_at timestamp, remediated_at timestamp, closed_at timestamp, "
    "occurrence_count integer, last_run_id varchar, decided_by varchar, decision_owner_id varchar, "
    "decision_reason varchar, compensating_control varchar, decided_at timestamp, expires_at timestamp, "
    "evidence_uri varchar, rule_fix_ref varchar"
)
EVENT_COLUMNS = (
    "exception_id varchar, seq integer, control_id varchar, entity_key varchar, code varchar, from_state varchar, "
    'to_state varchar, "at" timestamp, "by" varchar, reason varchar, run_id varchar, logical_date date'
)
DECISION_COLUMNS = (
    "exception_id varchar, decision varchar, decided_by varchar, owner_id varchar, reason varchar, "
    "compensating_control varchar, decided_at timestamp, expires_at timestamp, evidence_uri varchar, "
    "rule_fix_ref varchar, refused varchar"
)
_TIMES = {"first_seen_at", "opened_at", "last_seen_at", "due_at", "remediated_at", "closed_at"}
_TIMES |= {"decided_at", "expires_at", "at"}


class Book:
    """All exceptions and their events after some nights."""

    def __init__(self) -> None:
        self.exceptions: dict[str, dict[str, Exception_]] = {}
        self.events: list[Event] = []

    def copy(self) -> Book:
        """A book that can be advanced without this one changing."""
        other = Book()
        other.exceptions, other.events = dict(self.exceptions), list(self.events)
        return other

    def of(self, control_id: str) -> dict[str, Exception_]:
        return self.exceptions.get(control_id, {})

    def find(self, identity: str) -> Exception_ | None:
        return next((known[identity] for known in self.exceptions.values() if identity in known), None)

    def advance(self, nights: Iterable[ControlNight], decisions: Mapping[str, Decision]) -> list[Event]:
        """Add one judged night; returns its events."""
        found: list[Event] = []
        for night in nights:
            after, events = advance(self.of(night.control_id), night, decisions)
            self.exceptions[night.control_id] = after
            found += events
        self.events += found
        return found

    def tracked(self) -> list[tuple[str, str]]:
        """(control, entity) of every exception whose state a night may change."""
        return sorted({(e.control_id, e.entity_key) for known in self.exceptions.values() for e in known.values()})


def in_force(decisions: Iterable[tuple[Decision, str | None]], as_of: datetime) -> dict[str, Decision]:
    """The decision that holds for each exception: valid, begun, not expired; the latest one wins."""
    held = [decision for decision, refused in decisions if refused is None and decision.in_force(as_of)]
    return {decision.exception_id: decision for decision in sorted(held, key=lambda d: d.decided_at)}


def read_rows(file: Path, tracked: Sequence[tuple[str, str]]) -> dict[str, dict[str, Row]]:
    """Rows that matter to the life cycle (exceptions, and rows of tracked entities) by control and entity."""
    with duckdb.connect() as connection:
        connection.execute("create table tracked (control_id varchar, entity_key varchar)")
        if tracked:
            controls, keys = [control for control, _ in tracked], [key for _, key in tracked]
            connection.execute("insert into tracked select unnest(?), unnest(?)", [controls, keys])
        rows = connection.execute(
            """
            select control_id, entity_key, entity_name, owner_key, result, codes, reason
            from read_json(?, format = 'newline_delimited', columns = {
                control_id: 'VARCHAR', entity_key: 'VARCHAR', entity_name: 'VARCHAR', owner_key: 'VARCHAR',
                result: 'VARCHAR', codes: 'VARCHAR[]', reason: 'VARCHAR'})
            where result = 'exception' or (control_id, entity_key) in (select (control_id, entity_key) from tracked)
            """,
            [str(file)],
        ).fetchall()
    found: dict[str, dict[str, Row]] = {}
    for control_id, key, name, owner, result, codes, reason in rows:
        found.setdefault(control_id, {})[key] = Row(key, name or key, owner, result, tuple(codes or ()), reason or "")
    return found


def nights_of(runs: Iterable[Mapping[str, Any]], rows: Mapping[str, Mapping[str, Row]]) -> list[ControlNight]:
    """Lines of control_runs.jsonl, joined with their rows, as the life cycle reads them."""
    found = []
    for run in runs:
        severities = run["deviation_severities"]
        mine = rows.get(run["control_id"], {})
        found.append(
            ControlNight(
                control_id=run["control_id"],
                run_id=run["run_id"],
                day=date.fromisoformat(str(run["logical_date"])),
                as_of=_moment(run["as_of"]),
                evaluated=run["evaluated_ok"],
                mode=run["mode"],
                complete=run["complete"],
                severities=severities,
                rows={key: _deviating(row, severities) for key, row in mine.items()},
            )
        )
    return found


def _deviating(row: Row, severities: Mapping[str, str]) -> Row:
    codes = tuple(code for code in row.codes if code in severities)
    return Row(row.entity_key, row.entity_name, row.owner_key, row.result, codes, row.reason)


class History:
    """The book after the judgements in ``folders`` (the ones that count, in order of days)."""

    def __init__(self, folders: Sequence[Path], cache: Path | None = None) -> None:
        self.folders = list(folders)
        self.book, start = _cached(cache, self.folders)
        for folder in self.folders[start:]:
            self._fold(folder)
        if cache and len(self.folders) > start:
            _store(cache, self.folders, self.book)
        self.decisions = read_decisions(self.folders[-1]) if self.folders else []

    def _fold(self, folder: Path) -> None:
        runs = _lines(folder / "control_runs.jsonl")
        if not runs:
            return
        rows = read_rows(folder / "control_rows.jsonl", self.book.tracked())
        nights = nights_of(runs, rows)
        self.book.advance(nights, in_force(read_decisions(folder), nights[0].as_of))

    def write(self, connection: duckdb.DuckDBPyConnection) -> None:
        """(Re)create raw_ledger.exceptions, exception_events and exception_decisions (of the newest night)."""
        exceptions = [_flat(e) for known in self.book.exceptions.values() for e in known.values()]
        days = {folder.name.removeprefix("run="): folder.parent.name.removeprefix("day=") for folder in self.folders}
        events = [asdict(event) | {"logical_date": days[event.run_id]} for event in self.book.events]
        decisions = [asdict(decision) | {"refused": refused} for decision, refused in self.decisions]
        for name, columns, rows in (
            ("exceptions", EXCEPTION_COLUMNS, exceptions),
            ("exception_events", EVENT_COLUMNS, events),
            ("exception_decisions", DECISION_COLUMNS, decisions),
        ):
            fill(connection, f"raw_ledger.{name}", columns, rows)


def fill(connection: duckdb.DuckDBPyConnection, table: str, columns: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """(Re)create a table from Python rows. One statement per thousand rows: a statement a row costs a millisecond."""
    connection.execute(f"create or replace table {table} ({columns})")
    names = [part.split()[0].strip('"') for part in columns.split(", ")]
    holes = f"({', '.join('?' * len(names))})"
    for start in range(0, len(rows), 1000):
        batch = rows[start : start + 1000]
        values = [row[name] for row in batch for name in names]
        connection.execute(f"insert into {table} values {', '.join([holes] * len(batch))}", values)


def _flat(exception: Exception_) -> dict[str, Any]:
    decision = exception.decision
    return asdict(exception) | {
        "decided_by": decision and decision.decided_by,
        "decision_owner_id": decision and decision.owner_id,
        "decision_reason": decision and decision.reason,
        "compensating_control": decision and decision.compensating_control,
        "decided_at": decision and decision.decided_at,
        "expires_at": decision and decision.expires_at,
        "evidence_uri": decision and decision.evidence_uri,
        "rule_fix_ref": decision and decision.rule_fix_ref,
    }


def read_decisions(folder: Path) -> list[tuple[Decision, str | None]]:
    """Decisions as they stood on the night of one judgement, each with why it was refused."""
    found = []
    for line in _lines(folder / "exception_decisions.jsonl"):
        refused = line.pop("refused")
        found.append((_decision(line), refused))
    return found


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _moment(text: Any) -> datetime:
    """UTC, naive: as the warehouse keeps instants."""
    return text if isinstance(text, datetime) else datetime.fromisoformat(text).replace(tzinfo=None)


def _typed(line: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _moment(value) if key in _TIMES and value is not None else value for key, value in line.items()}


def _decision(line: Mapping[str, Any]) -> Decision:
    return Decision(**_typed(line))


# The cache


def _basis(folders: Sequence[Path]) -> str:
    """What a book was folded from: the judgements, and this code."""
    named = [f"{folder.parent.name}/{folder.name}" for folder in folders]
    shape = [field.name for field in fields(Exception_)]
    return hashlib.sha256(json.dumps([named, shape]).encode()).hexdigest()


def _cached(cache: Path | None, folders: list[Path]) -> tuple[Book, int]:
    book = Book()
    if cache is None or not cache.exists():
        return book, 0
    content = json.loads(cache.read_text(encoding="utf-8"))
    nights = content["nights"]
    if nights > len(folders) or content["basis"] != _basis(folders[:nights]):
        return book, 0
    for line in content["exceptions"]:
        values = _typed(line)
        values["decision"] = _decision(line["decision"]) if line["decision"] else None
        book.exceptions.setdefault(line["control_id"], {})[line["exception_id"]] = Exception_(**values)
    book.events = [Event(**_typed(line)) for line in content["events"]]
    return book, nights


def _store(cache: Path, folders: Sequence[Path], book: Book) -> None:
    content = {
        "basis": _basis(folders),
        "nights": len(folders),
        "exceptions": [asdict(e) for known in book.exceptions.values() for e in known.values()],
        "events": [asdict(event) for event in book.events],
    }
    cache.parent.mkdir(parents=True, exist_ok=True)
    draft = cache.with_suffix(".draft")
    draft.write_text(json.dumps(content, default=lambda value: value.isoformat()), encoding="utf-8")
    draft.replace(cache)
