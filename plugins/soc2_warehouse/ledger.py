"""The evidence ledger: what every judgement found, in append-only files that outlive the warehouse.

    day=2026-07-01/run=<run_id>/control_runs.jsonl          a line per control: status, reason, counts, hashes
                                control_rows.jsonl          a line per evaluated row, with its evidence
                                reference_counts.jsonl      independent counts of each population, and ours
                                expectation_results.jsonl   what each expectation said
                                exception_decisions.jsonl   the register's decisions, and why one was refused
                                exception_events.jsonl      changes of state that this night brought
                                restatements.jsonl          versions of landed data that came after a judgement
                                _timings.json               wall-clock times; not hashed, a rebuild cannot repeat them

A folder appears complete or not at all. Every other file is canonical (sorted keys, UTF-8, UTC times, no wall clock),
so judging again from the same landing zone with the same code reproduces it byte for byte.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from soc2_warehouse.evidence.history import History
from soc2_warehouse.settings import Settings

RUNS = "control_runs.jsonl"
ROWS = "control_rows.jsonl"
CHECKS = "reference_counts.jsonl"
RESULTS = "expectation_results.jsonl"
DECISIONS = "exception_decisions.jsonl"
EVENTS = "exception_events.jsonl"
RESTATEMENTS = "restatements.jsonl"
TIMINGS = "_timings.json"
#: In a scratch home: the versions under which judgements were first made, that are made again under another.
VERSIONS = "versions.jsonl"

RUN_COLUMNS = {
    "run_id": "VARCHAR",
    "control_id": "VARCHAR",
    "logical_date": "DATE",
    "as_of": "TIMESTAMP",
    "started_at": "TIMESTAMP",
    "status": "VARCHAR",
    "reason": "VARCHAR",
    "incomplete": "BOOLEAN",
    "detail": "VARCHAR",
    "evaluated_ok": "BOOLEAN",
    "mode": "VARCHAR",
    "category": "VARCHAR",
    "severity": "VARCHAR",
    "population_count": "BIGINT",
    "evaluated": "BIGINT",
    "passed": "BIGINT",
    "unknown": "BIGINT",
    "pending": "BIGINT",
    "excluded": "BIGINT",
    "excluded_reasons": "VARCHAR",
    "deviation_count": "BIGINT",
    "open_exception_count": "BIGINT",
    "accepted_count": "BIGINT",
    "false_positive_count": "BIGINT",
    "population_hash": "VARCHAR",
    "complete": "BOOLEAN",
    "deviation_severities": "VARCHAR",
    "input_run_ids": "VARCHAR[]",
    "code_sha": "VARCHAR",
    "dirty": "BOOLEAN",
    "sql_sha256": "VARCHAR",
    "params_sha": "VARCHAR",
    "parameters": "VARCHAR",
    "expectation_count": "BIGINT",
    "catalogue_sha": "VARCHAR",
    "register_shas": "VARCHAR[]",
    "environment": "VARCHAR",
    "triggered_by": "VARCHAR",
    "expectation_result_uri": "VARCHAR",
    "known_until": "TIMESTAMP",
}
#: What a judgement was made with, beside its data: no landing zone can tell.
VERSION_COLUMNS = {
    name: RUN_COLUMNS[name]
    for name in (
        *("run_id", "control_id", "code_sha", "dirty", "sql_sha256"),
        *("params_sha", "parameters", "expectation_count", "catalogue_sha"),
    )
}
ROW_COLUMNS = {
    "control_id": "VARCHAR",
    "entity_key": "VARCHAR",
    "entity_name": "VARCHAR",
    "owner_key": "VARCHAR",
    "result": "VARCHAR",
    "codes": "VARCHAR[]",
    "reason": "VARCHAR",
    "evidence": "VARCHAR",
}


COUNT_COLUMNS = {
    "control_id": "VARCHAR",
    "check_name": "VARCHAR",
    "scope": "VARCHAR",
    "expected": "BIGINT",
    "actual": "BIGINT",
    "passed": "BOOLEAN",
    "detail": "VARCHAR",
}


class AlreadyJudged(FileExistsError):
    """A run of this id is in the ledger: evidence is never overwritten."""


@dataclass(frozen=True)
class Run:
    """One judgement in the ledger. known_until: receipts finished later were not used; None in older files."""

    day: date
    run_id: str
    started_at: datetime
    folder: Path
    known_until: datetime | None = None


def runs(root: Path) -> list[Run]:
    """Every judgement, in the order they were made."""
    found = []
    for folder in sorted(root.glob("day=*/run=*")):
        with (folder / RUNS).open(encoding="utf-8") as lines:
            first = next(lines, None)
        if first is None:
            continue  # no control was judged: there is nothing that could count
        # Not from the timings: what decides which run counts must be under the hash chain.
        line = json.loads(first)
        known = datetime.fromisoformat(line["known_until"]) if line.get("known_until") else None
        day = date.fromisoformat(folder.parent.name.removeprefix("day="))
        started = datetime.fromisoformat(line["started_at"])
        found.append(Run(day, folder.name.removeprefix("run="), started, folder, known))
    return sorted(found, key=lambda run: (run.started_at, run.run_id))


def current(found: Iterable[Run]) -> list[Run]:
    """The newest judgement of each logical day, in order of days."""
    newest = {run.day: run for run in sorted(found, key=lambda run: (run.started_at, run.run_id))}
    return [newest[day] for day in sorted(newest)]


def known_until(settings: Settings, run: Run) -> datetime:
    """Until when a judgement knew what was landed, UTC, naive."""
    known = run.known_until
    if known is None:
        from soc2_warehouse.judgements import PREFIX, Record
        from soc2_warehouse.landing import Landing

        uri = f"{PREFIX}/day={run.day}/{run.run_id}.json"
        known = Record.from_json(Landing(settings.landing_url).read(uri)).known_until
    return known.astimezone(UTC).replace(tzinfo=None)


def as_of(run: Run) -> datetime:
    """The moment a judgement judged, UTC, naive as the warehouse keeps instants."""
    with (run.folder / RUNS).open(encoding="utf-8") as lines:
        return datetime.fromisoformat(json.loads(next(lines))["as_of"]).replace(tzinfo=None)


@contextmanager
def entry(root: Path, day: date, run_id: str) -> Iterator[Path]:
    """A folder to write one judgement in; it joins the ledger when the block ends without an exception.

    Raises AlreadyJudged.
    """
    target = root / f"day={day}" / f"run={run_id}"
    if target.exists():
        raise AlreadyJudged(f"{target.relative_to(root)} is in the ledger already")
    draft = root / f".draft-{run_id}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        yield draft
        target.parent.mkdir(exist_ok=True)
        for path in draft.iterdir():
            _sync(path)
        draft.rename(target)
        _sync(target.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def canonical(value: Any) -> str:
    """One line of canonical JSON: sorted keys, UTF-8, times as ``2026-07-01T02:00:00.000000Z``."""
    plain = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_text)


def timestamp(moment: datetime) -> str:
    """UTC with microseconds; a naive time is UTC."""
    aware = moment.astimezone(UTC) if moment.tzinfo else moment
    return aware.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} has no canonical form")


def write_lines(path: Path, values: Iterable[Any]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(canonical(value) + "\n" for value in values)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Lines of one of a judgement's files; none when an older judgement did not write it."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def write_timings(folder: Path, started_at: datetime, finished_at: datetime, seconds: Mapping[str, float]) -> None:
    """Wall-clock times of a judgement."""
    content = {"started_at": started_at, "finished_at": finished_at, "seconds": dict(seconds)}
    (folder / TIMINGS).write_text(canonical(content) + "\n", encoding="utf-8")


def load_ledger(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """(Re)create schema raw_ledger from the files: control_runs, control_rows, reference_counts, exceptions,
    exception_events, exception_decisions, restatements. Before models run (they read the past), and again before
    publishing.
    """
    from soc2_warehouse import restatements

    root = settings.ledger
    found = runs(root)
    connection.execute("create schema if not exists raw_ledger")
    _load_runs(connection, root, found)
    _lend_versions(connection, settings.home / VERSIONS)
    newest = current(found)[-1:]
    _read(connection, "control_rows", [run.folder / ROWS for run in newest], ROW_COLUMNS, newest)
    _load_counts(connection, current(found))
    history(settings).write(connection)
    restatements.load(connection, found)


def history(settings: Settings, before: date | None = None) -> History:
    """The exceptions after the judgements that count; only those of days before ``before``."""
    found = [run.folder for run in current(runs(settings.ledger)) if before is None or run.day < before]
    return History(found, settings.build_file.with_name("exceptions.json"))


def _load_runs(connection: duckdb.DuckDBPyConnection, root: Path, found: list[Run]) -> None:
    _read(connection, "control_runs_read", [run.folder / RUNS for run in found], RUN_COLUMNS, None)
    connection.execute("create or replace temp table finished (run_id varchar, finished_at timestamp)")
    for run in found:
        if (run.folder / TIMINGS).exists():
            content = json.loads((run.folder / TIMINGS).read_text(encoding="utf-8"))
            connection.execute("insert into finished values (?, ?)", [run.run_id, content["finished_at"]])
    connection.execute(
        """
        create or replace table raw_ledger.control_runs as
        select
            r.*,
            f.finished_at,
            row_number() over (
                partition by control_id, logical_date order by started_at desc, r.run_id desc
            ) = 1 as is_current
        from raw_ledger.control_runs_read as r
        left join finished as f using (run_id)
        order by started_at, r.run_id, control_id
        """
    )
    connection.execute("drop table raw_ledger.control_runs_read")


def versions(root: Path) -> Iterator[dict[str, Any]]:
    """What each judgement of a control was made with, of every judgement."""
    for run in runs(root):
        for line in read_lines(run.folder / RUNS):
            yield {name: line.get(name) for name in VERSION_COLUMNS}


def _lend_versions(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """A judgement that is made again was made under the version of its night, whatever made it again."""
    if not file.exists():
        return
    names = [name for name in VERSION_COLUMNS if name not in ("run_id", "control_id")]
    connection.execute(
        f"update raw_ledger.control_runs as runs set {', '.join(f'{name} = lent.{name}' for name in names)} "
        f"from {reading([file], VERSION_COLUMNS)} as lent "
        "where runs.run_id = lent.run_id and runs.control_id = lent.control_id"
    )


def _load_counts(connection: duckdb.DuckDBPyConnection, found: list[Run]) -> None:
    """raw_ledger.reference_counts: of the day in the build file and the one judged before it; the rest is on disk."""
    try:
        row = connection.execute("select logical_date from raw_meta.run").fetchone()
    except duckdb.CatalogException:
        row = None
    until = row[0] if row else date.max
    _read(connection, "reference_counts", [], COUNT_COLUMNS, [])
    # Judgements of before the counts were kept have no such file.
    counted = [run for run in found if run.day <= until and (run.folder / CHECKS).exists()]
    for run in counted[-2:]:
        _read(connection, "night_counts", [run.folder / CHECKS], COUNT_COLUMNS, [run])
        connection.execute("insert into raw_ledger.reference_counts by name select * from raw_ledger.night_counts")
        connection.execute("drop table raw_ledger.night_counts")


def _read(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    files: list[Path],
    columns: dict[str, str],
    found: list[Run] | None,
) -> None:
    """JSON lines as a table, typed; the run's id and day are added for tables whose lines do not repeat them."""
    names = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    prefix = "" if found is None else "run_id varchar, logical_date date, "
    connection.execute(f"create or replace table raw_ledger.{table} ({prefix}{names})")
    if not files:
        return
    extra = "" if found is None else f"'{found[0].run_id}', date '{found[0].day}', "
    connection.execute(
        f"insert into raw_ledger.{table} select {extra}{', '.join(columns)} from {reading(files, columns)}"
    )


def reading(files: Iterable[Path], columns: dict[str, str]) -> str:
    """SQL that reads files of the ledger as one table of ``columns`` and ``filename``."""
    spec = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
    return f"read_json([{listed}], format = 'newline_delimited', filename = true, columns = {{{spec}}})"
