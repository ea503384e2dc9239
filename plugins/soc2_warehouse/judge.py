"""One judgement: from the control tables that dbt built to verdicts in the ledger."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from soc2_warehouse import cases, chain, controls, facts, ledger, quality, restatements, selection, transform, warehouse
from soc2_warehouse.cases import Case
from soc2_warehouse.controls import Control
from soc2_warehouse.evidence.decisions import Decision, Subject, refusal
from soc2_warehouse.evidence.exceptions import ControlNight, exception_id
from soc2_warehouse.evidence.history import Book, fill, in_force, nights_of, read_rows
from soc2_warehouse.judgements import Record, begin
from soc2_warehouse.landing import AlreadyLanded, Landing
from soc2_warehouse.settings import Settings
from soc2_warehouse.verdict import Reason, Status


@dataclass(frozen=True)
class Judged:
    """One control's verdict. detail: a sentence on what stood in the way of a pass, or empty."""

    control_id: str
    status: Status
    reason: Reason | None
    incomplete: bool
    detail: str


@dataclass(frozen=True)
class Judgement:
    """What a judgement found, control by control. seconds: wall time by step. folder: its files in the ledger."""

    record: Record
    verdicts: tuple[Judged, ...]
    seconds: Mapping[str, float]
    folder: Path

    def __iter__(self) -> Iterator[Judged]:
        return iter(self.verdicts)


def prepare(settings: Settings) -> tuple[Control, ...]:
    """Write what models read about the warehouse itself: the controls (raw_meta) and the past (raw_ledger).

    What was loaded joins the hash chain here, so that tonight's files are verified tonight.

    Between ``warehouse.load`` and ``transform.evaluate``, under ``warehouse.writing``. Raises controls.ControlError
    for declarations that cannot be used, RuntimeError when dbt cannot read the project.
    """
    run, overrides = transform.parse(settings)
    if not run.success:
        raise RuntimeError(f"dbt cannot read the project: {run.error}")
    declared = transform.declared(settings)
    if declared is None:
        declared = selection.read(settings).of(controls.load(settings.dbt_target / "manifest.json", overrides))
    with warehouse.connect(settings) as connection:
        controls.write_meta(connection, declared)
        known_until = _known_until(connection)
        chain.append_landed(settings, known_until)
        ledger.load_ledger(connection, settings)
        day = _day(connection)
        assert day is not None
        restatements.note(connection, settings, day)
        chain.write_verification(connection, settings, known_until)
    return declared


def judge(
    settings: Settings,
    day: date,
    *,
    now: datetime | None = None,
    triggered_by: str = "schedule",
    environment: str = "prod",
    record: Record | None = None,
    declared: Sequence[Control] | None = None,
    built: Collection[str] | None = None,
    docs: bool = True,
) -> Judgement:
    """Judge the day that the build file holds, and append the judgement to the ledger and the chain.

    After ``transform.evaluate``, under ``warehouse.writing``. now: when the judgement is made (aware UTC, default wall
    time). record: the judgement to make again, instead of a new one. declared, built: controls, and unique ids of the
    models built in this run, default from dbt's manifest and run results. A control whose model is not among ``built``
    is LOGIC_ERROR, whatever an earlier night left in its table.
    Raises ValueError when the build file holds another day, ledger.AlreadyJudged when the run id is taken,
    controls.ControlError for declarations that cannot be used.
    """
    started = time.monotonic()
    seconds: dict[str, float] = {}
    if built is None:
        built = transform.built(settings)
    if built is None:
        built = facts.built_models(settings.dbt_target)
    if declared is None:
        declared = transform.declared(settings)
    if declared is None:
        declared = controls.load(settings.dbt_target / "manifest.json", transform.parameters(settings))
        declared = selection.read(settings).of(declared)
        transform.keep_declared(settings, declared)
    with warehouse.connect(settings) as connection:
        _check_day(connection, day)
        known_until = _known_until(connection)
        controls.write_meta(connection, declared)
    if record is None:
        record = begin(settings, day, now or datetime.now(UTC), known_until, triggered_by, environment)
    with ledger.entry(settings.ledger, day, record.run_id) as folder:
        found, lines = _judge(settings, record, declared, built, folder, seconds, docs)
        ledger.write_lines(folder / ledger.RUNS, lines)
        finished = record.started_at + timedelta(seconds=time.monotonic() - started)
        ledger.write_timings(folder, record.started_at, finished, seconds)
        _land(settings, record)
    target = settings.ledger / f"day={day}" / f"run={record.run_id}"
    with _timed(seconds, "chain"):
        chain.append_landed(settings, record.known_until)
        chain.append_judgement(settings, target, record.uri, record.started_at)
    return Judgement(record, found, seconds, target)


def _judge(
    settings: Settings,
    record: Record,
    declared: Sequence[Control],
    built: Collection[str],
    folder: Path,
    seconds: dict[str, float],
    docs: bool,
) -> tuple[tuple[Judged, ...], list[dict[str, Any]]]:
    """Verdicts and control_runs lines; every other file of the judgement is written to ``folder``."""
    rows = folder / ledger.ROWS
    with _timed(seconds, "facts"):
        book = ledger.history(settings, before=record.logical_date).book
        with warehouse.connect(settings) as connection:
            found = cases.gather(connection, declared, built)
            _export(connection, found, rows)
            counts = [
                line for case in found if case.evaluable for line in facts.reference_counts(connection, case.control)
            ]
            reviewed = _review(connection, record, book, found, rows)
            shared = _shared(connection, record)
            again = restatements.fresh_of(connection, record.run_id)
            # The expectations ask where exceptions stand tonight, so that is worked out first, on a copy: an
            # expectation that cannot be asked still makes its control's night void.
            forces = in_force(reviewed, record.moment)
            tonight = book.copy()
            tonight.advance(_nights([case.night(record, case.evaluable) for case in found], rows, tonight), forces)
            _write_exceptions(connection, tonight)
    with _timed(seconds, "expectations"):
        skip = {case.control.id for case in found if case.known.model_error}
        answers = quality.examine(settings, declared, record.logical_date, skip, docs)
    with _timed(seconds, "verdicts"):
        cases.settle(found, answers, tonight)
        if any(case.evaluable != case.evaluated for case in found):
            with warehouse.connect(settings, read_only=True) as connection:
                _export(connection, [case for case in found if case.evaluated], rows)
        nights = [case.night(record, case.evaluated) for case in found]
        events = book.advance(_nights(nights, rows, book), forces)
        lines = [{**night, **shared, **case.line(record, book)} for case, night in zip(found, nights, strict=True)]
    ledger.write_lines(folder / ledger.CHECKS, counts)
    ledger.write_lines(folder / ledger.RESULTS, [answer for case in found for answer in case.answers])
    ledger.write_lines(folder / ledger.DECISIONS, [asdict(d) | {"refused": why} for d, why in reviewed])
    ledger.write_lines(folder / ledger.EVENTS, events)
    ledger.write_lines(folder / ledger.RESTATEMENTS, again)
    return tuple(_judged(case) for case in found), lines


def _judged(case: Case) -> Judged:
    verdict = case.verdict
    assert verdict is not None
    return Judged(case.control.id, verdict.status, verdict.reason, verdict.incomplete, case.detail)


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    started = time.monotonic()
    try:
        yield
    finally:
        seconds[step] = round(time.monotonic() - started, 3)


def _check_day(connection: duckdb.DuckDBPyConnection, day: date) -> None:
    if (found := _day(connection)) != day:
        raise ValueError(f"the build file holds {found or 'no day'}, not {day}: load and evaluate it first")


def _day(connection: duckdb.DuckDBPyConnection) -> date | None:
    """The day that the build file holds."""
    row = connection.execute("select logical_date from raw_meta.run").fetchone()
    return row[0] if row else None


def _known_until(connection: duckdb.DuckDBPyConnection) -> datetime:
    """When the newest receipt that was loaded finished: receipts up to then are what this judgement knows."""
    row = connection.execute(
        "select coalesce((select max(finished_at) from raw_meta.extract_runs), as_of) from raw_meta.run"
    ).fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment.replace(tzinfo=UTC)


def _export(connection: duckdb.DuckDBPyConnection, found: Sequence[Case], file: Path) -> None:
    file.write_bytes(b"")
    for case in sorted(found, key=lambda case: case.control.id):
        if case.evaluable:
            facts.export_rows(connection, case.control, file)


def _review(
    connection: duckdb.DuckDBPyConnection, record: Record, book: Book, found: Sequence[Case], rows: Path
) -> list[tuple[Decision, str | None]]:
    """The register's decisions, each with why it has no effect (None: it has)."""
    asked = facts.decisions(connection, record.logical_date)
    if not asked:
        return []
    modes = {case.control.id: case.control.mode for case in found}
    seen: dict[str, tuple[str, str, str | None]] = {}
    for known in book.exceptions.values():
        for item in known.values():
            seen[item.exception_id] = (item.control_id, item.entity_key, item.owner_key)
    for control_id, members in read_rows(rows, []).items():
        for row in members.values():
            for code in row.codes:
                seen[exception_id(control_id, row.entity_key, code)] = (control_id, row.entity_key, row.owner_key)
    wanted = {decision.exception_id for decision in asked} & seen.keys()
    about = facts.subjects(connection, sorted({seen[identity][1] for identity in wanted}))
    people = facts.people(connection)
    reviewed = []
    for decision in asked:
        subject = None
        if decision.exception_id in wanted:
            control_id, entity_key, owner = seen[decision.exception_id]
            subject = Subject(modes.get(control_id, ""), frozenset(about[entity_key] | ({owner} if owner else set())))
        reviewed.append((decision, refusal(decision, subject, people)))
    return reviewed


def _write_exceptions(connection: duckdb.DuckDBPyConnection, book: Book) -> None:
    """judging.exceptions: where every exception stands tonight; the fifth expectation reads it."""
    connection.execute("create schema if not exists judging")
    columns = "control_id varchar, entity_key varchar, code varchar, exception_id varchar, state varchar"
    rows = [asdict(item) for known in book.exceptions.values() for item in known.values()]
    fill(connection, "judging.exceptions", columns, rows)


def _shared(connection: duckdb.DuckDBPyConnection, record: Record) -> dict[str, Any]:
    code_sha, dirty = facts.code_version()
    return {
        "code_sha": code_sha,
        "dirty": dirty,
        "register_shas": facts.register_hashes(connection, record.logical_date),
        "environment": record.environment,
        "triggered_by": record.triggered_by,
        "started_at": record.started_at,
        "known_until": record.known_until,
    }


def _nights(lines: Sequence[Mapping[str, Any]], rows: Path, book: Book) -> list[ControlNight]:
    return nights_of(lines, read_rows(rows, book.tracked()))


def _land(settings: Settings, record: Record) -> None:
    # A replay finds its record where it was replayed from.
    with suppress(AlreadyLanded):
        Landing(settings.landing_url).create(record.uri, record.to_json())
