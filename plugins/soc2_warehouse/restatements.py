"""What changed behind a verdict: a day landed again, an event that arrived late, a register line dated back.

Nothing past is touched: the new version lies beside the old one, the verdict stays as it was judged until somebody
judges the day again. Each night lists what it found new, once, in ``restatements.jsonl`` of its judgement, which is in
the hash chain; models read the whole list (raw_ledger.restatements).

A log's events are looked for where its extracts overlap: one that arrives later than the overlap reaches is seen only
when somebody fetches its day again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from soc2_warehouse import ledger
from soc2_warehouse.clock import as_of
from soc2_warehouse.evidence.history import fill
from soc2_warehouse.evidence.versions import (
    LATE,
    RESTATED,
    Reader,
    Version,
    backdated,
    compared,
    moments_of,
    time_of,
    unseen,
)
from soc2_warehouse.landing import Landing
from soc2_warehouse.settings import Settings

#: Beside LATE (it was not there in time) and RESTATED (other content): fetched again, and the same.
RERUN = "rerun"
COLUMNS = (
    "source_id varchar, day date, last_day date, reason varchar, run_id_before varchar, run_id varchar, "
    "rows_before bigint, rows bigint, rows_added bigint, rows_changed bigint, rows_removed bigint, "
    "landed_at timestamp, note varchar, found_on date, found_run_id varchar"
)


@dataclass(frozen=True)
class Restatement:
    """One version of a table that came after a judgement could have used it. Times are naive UTC.

    day, last_day: judged days that rest on what it changes; of a snapshot the one day. run_id_before: the extract that
    counted; None when there was none. rows_*: records compared by the table's key. note: what a person said. found_on,
    found_run_id: the judgement that listed it; the run is None until it is made.
    """

    source_id: str
    day: date
    last_day: date
    reason: str
    run_id_before: str | None
    run_id: str
    rows_before: int
    rows: int
    rows_added: int
    rows_changed: int
    rows_removed: int
    landed_at: datetime
    note: str
    found_on: date
    found_run_id: str | None = None


def note(connection: duckdb.DuckDBPyConnection, settings: Settings, day: date) -> list[Restatement]:
    """(Re)create raw_ledger.restatements: what earlier judgements listed, and what this one of ``day`` finds new.

    After ``warehouse.load``. Returns what is new.
    """
    made = ledger.runs(settings.ledger)
    listed = _listed(made)
    known = {line["run_id"] for line in listed}
    fresh = list(_find(connection, settings, day, made, known)) if made else []
    connection.execute("create schema if not exists raw_ledger")
    fill(connection, "raw_ledger.restatements", COLUMNS, [*listed, *map(asdict, fresh)])
    return fresh


def load(connection: duckdb.DuckDBPyConnection, made: Sequence[ledger.Run]) -> None:
    """(Re)create raw_ledger.restatements from the judgements alone, for publishing."""
    fill(connection, "raw_ledger.restatements", COLUMNS, _listed(made))


def fresh_of(connection: duckdb.DuckDBPyConnection, run_id: str) -> list[dict[str, Any]]:
    """The lines that the judgement ``run_id`` lists: what ``note`` found new."""
    try:
        cursor = connection.execute(
            "select * replace (? as found_run_id) from raw_ledger.restatements where found_run_id is null "
            "order by source_id, day, run_id, reason",
            [run_id],
        )
    except duckdb.CatalogException:
        return []
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _listed(made: Sequence[ledger.Run]) -> list[dict[str, Any]]:
    found = []
    for run in made:
        for line in ledger.read_lines(run.folder / ledger.RESTATEMENTS):
            found.append(line | {"landed_at": datetime.fromisoformat(line["landed_at"]).replace(tzinfo=None)})
    return found


def _find(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    day: date,
    made: Sequence[ledger.Run],
    listed: Collection[str],
) -> Iterator[Restatement]:
    """What extracts that are not ``listed`` changed. made: judgements in the order they were made, at least one."""
    versions = _versions(connection)
    until = {run.run_id: ledger.known_until(settings, run) for run in made}
    newest_known = max(until.values())
    judged = sorted({run.day for run in made})
    tables: dict[str, dict[date, list[Version]]] = {}
    for version in versions:
        tables.setdefault(version.source_id, {}).setdefault(version.day, []).append(version)
    # What the first judgement that could read a day's extracts knew of them.
    first_known = {}
    for logical in sorted({version.day for version in versions}):
        reading = next((run for run in made if run.day >= logical), None)
        if reading is not None:
            first_known[logical] = until[reading.run_id]
    reader = Reader(Landing(settings.landing_url))
    for _, days in sorted(tables.items()):
        counted: list[Version] = []
        for logical, mine in sorted(days.items()):
            mine.sort(key=lambda version: version.finished_at)
            known = first_known.get(logical)
            in_time = [version for version in mine if known is None or version.finished_at <= known]
            before = max(in_time, key=lambda version: version.rank, default=None)
            for version in mine:
                if known is None or version.finished_at <= known or (before and version.rank < before.rank):
                    continue
                if version.run_id not in listed:
                    last = logical if version.kind == "snapshot" else max(judged[-1], logical)
                    yield _again(reader, settings, before, version, last, day)
                before = version
            if before is None:
                continue
            if before.finished_at > newest_known and (known is None or before.finished_at <= known):
                yield from _late_rows(reader, settings, counted, before, judged, day)
            counted.append(before)


def _versions(connection: duckdb.DuckDBPyConnection) -> list[Version]:
    rows = connection.execute(
        "select source_id, kind, logical_date, run_id, status = 'complete', finished_at, rows, object_uri, "
        "window_start, window_end, coalesce(reason, '') from raw_meta.extract_runs "
        "where status in ('complete', 'partial') and object_uri is not null order by source_id, finished_at, run_id"
    ).fetchall()
    return [Version(*row) for row in rows]


def _again(
    reader: Reader, settings: Settings, before: Version | None, version: Version, last: date, found_on: date
) -> Restatement:
    """A version of a day that was judged (or could have been read) without it."""
    moment = before.window_end if before else as_of(version.day, settings.observed_at).replace(tzinfo=None)
    counts = compared(reader, before, version, moment)
    reason = LATE if before is None else RESTATED if any(counts[2:]) else RERUN
    return Restatement(
        version.source_id,
        version.day,
        last,
        reason,
        before.run_id if before else None,
        version.run_id,
        *counts,
        version.finished_at,
        version.note,
        found_on,
    )


def _late_rows(
    reader: Reader,
    settings: Settings,
    earlier: Sequence[Version],
    version: Version,
    judged: Sequence[date],
    found_on: date,
) -> Iterator[Restatement]:
    """Rows of a night's own extract that belong to days that are judged: a log's late events, and what a register says
    today about a time of which it said something else.
    """
    if not earlier:
        return
    before = earlier[-1]
    if version.kind == "event" and (time := time_of(version.source_id)) and version.window_start and before.window_end:
        overlapping = [one for one in earlier if one.window_end and one.window_end >= version.window_start]
        found = unseen(reader, overlapping, version, time, before.window_end)
        yield from _dated(settings, before, version, LATE, found, judged, found_on)
    elif version.kind == "register" and (columns := moments_of(version.source_id)):
        for reason, found in backdated(reader, settings, before, version, columns):
            yield from _dated(settings, before, version, reason, found, judged, found_on)


def _dated(
    settings: Settings,
    before: Version,
    version: Version,
    reason: str,
    found: tuple[int, int, int, datetime | None],
    judged: Sequence[date],
    found_on: date,
) -> Iterator[Restatement]:
    added, changed, removed, first = found
    if first is None:
        return
    moments = {day: as_of(day, settings.observed_at).replace(tzinfo=None) for day in judged if day < found_on}
    day = next((day for day, moment in moments.items() if moment >= first), None)
    if day is not None:
        yield Restatement(
            version.source_id,
            day,
            max(moments),
            reason,
            before.run_id,
            version.run_id,
            before.rows,
            version.rows,
            added,
            changed,
            removed,
            version.finished_at,
            version.note,
            found_on,
        )
