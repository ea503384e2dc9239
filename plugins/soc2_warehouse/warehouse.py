"""The DuckDB build file: fill it from the landing zone, open it, keep others from writing it.

The file is a cache. Everything in it can be made again from the landing zone and the ledger. DuckDB has one writer:
whoever calls ``load`` or runs dbt (transform.py) holds ``writing`` (a lock file) for that time.
"""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from soc2_warehouse import sources
from soc2_warehouse.clock import as_of
from soc2_warehouse.landing import Landing
from soc2_warehouse.receipts import Receipt, selected
from soc2_warehouse.settings import Settings

RAW_COLUMNS = (
    "_day date, _run_id varchar, _seq bigint, _fetched_at timestamp, record varchar, parent varchar, error varchar"
)
EXTRACT_RUN_COLUMNS = (
    "run_id varchar, source_id varchar, source varchar, table_name varchar, kind varchar, logical_date date, "
    "status varchar, collection_method varchar, started_at timestamp, finished_at timestamp, query varchar, "
    "parameters varchar, credential_identity varchar, tenant varchar, window_start timestamp, window_end timestamp, "
    "pages bigint, rows bigint, api_reported_total bigint, permission_denied bigint, object_errors bigint, "
    "http_errors bigint, throttled bigint, api_calls bigint, sha256 varchar, size_bytes bigint, object_uri varchar, "
    "extractor_version varchar, errors varchar[], reason varchar"
)
SELECTED_COLUMNS = (
    "source_id varchar, logical_date date, run_id varchar, status varchar, kind varchar, started_at timestamp, "
    "finished_at timestamp, rows bigint"
)


class Busy(RuntimeError):
    """Another run is writing."""


@contextmanager
def writing(
    settings: Settings, wait_seconds: float = 600.0, say: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the one write lock of this home. Waits for the other run; raises Busy after ``wait_seconds``."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / ".writing").open("w") as lock:
        deadline = time.monotonic() + wait_seconds
        told = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise Busy(
                        f"another run is writing in {settings.home}: wait for it, or use another SOC2_HOME"
                    ) from None
                if say and not told:
                    say("another run is writing here: waiting for it to end")
                    told = True
                time.sleep(0.2)
        yield


@contextmanager
def connect(settings: Settings, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """The build file, opened for this block only."""
    settings.build_file.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(str(settings.build_file), read_only=read_only)
    try:
        connection.execute("set TimeZone = 'UTC'")
        # A missing table must be an error, never whatever Python variable has its name.
        connection.execute("set python_enable_replacements = false")
        yield connection
    finally:
        connection.close()


def load(settings: Settings, day: date, known_until: datetime | None = None, run_id: str = "") -> dict[str, int]:
    """Fill the raw tables with exactly the runs that count for judging ``day``.

    Only runs that are not there yet are read, and runs that no longer count (superseded, or later than ``day`` in a
    replay) are removed. known_until: receipts finished later are ignored. Returns rows loaded per source table.
    """
    landing = Landing(settings.landing_url)
    with connect(settings) as connection:
        receipts = _receipts(connection, landing)
        known = [receipt for receipt in receipts if known_until is None or receipt.finished_at <= known_until]
        known = [receipt for receipt in known if receipt.logical_date <= day]
        chosen = selected(known, day)
        specs = {
            f"{source.name}.{name}": (function.table.kind, source.connection, function.table.kept_days)
            for source in sources.load_all()
            for name, function in source.tables.items()
        }
        _write_meta(connection, settings, day, run_id, known, chosen, specs)
        runs: dict[str, list[Receipt]] = {receipt.source_id: [] for receipt in known}
        for (source_id, _), receipt in chosen.items():
            runs[source_id].append(receipt)
        present = _loaded_runs(connection)
        return {
            source_id: _load_table(
                connection, landing, source_id, runs.get(source_id, []), present.get(source_id, set())
            )
            for source_id in sorted(specs.keys() | adapters(settings) | runs.keys())
        }


def forget_staging(settings: Settings) -> None:
    """Drop what staging has parsed, since other SQL is to parse it, and load the records that staging had let go."""
    landing = Landing(settings.landing_url)
    with connect(settings) as connection:
        connection.execute("drop schema if exists staging cascade")
        known = _loaded_runs(connection)
        connection.execute("delete from raw_meta.parsed_runs")
        let_go = connection.execute("select distinct source_id from raw_meta.loaded_runs where not is_kept").fetchall()
        for (source_id,) in let_go:
            wanted = connection.execute(
                "select receipt from raw_meta.receipts where run_id in (select run_id from raw_meta.loaded_runs "
                "where source_id = ?)",
                [source_id],
            ).fetchall()
            source, table = source_id.split(".")
            connection.execute(f'delete from "raw_{source}"."{table}"')
            connection.execute("delete from raw_meta.loaded_runs where source_id = ?", [source_id])
            runs = [Receipt.from_json(text) for (text,) in wanted]
            _load_table(connection, landing, source_id, [run for run in runs if run.run_id in known[source_id]], set())


def _loaded_runs(connection: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """{source_id: runs that are loaded}, and the tables that say what is loaded and parsed. A run of mass events is
    not kept once it is parsed.
    """
    connection.execute("create schema if not exists raw_meta")
    if not connection.execute("select 1 from duckdb_tables() where table_name = 'loaded_runs'").fetchone():
        # A file from before there was such a list: what it holds is loaded again.
        for (schema,) in connection.execute(
            "select schema_name from duckdb_schemas() where schema_name like 'raw\\_%' escape '\\' "
            "and schema_name not in ('raw_meta', 'raw_ledger') and database_name = current_database()"
        ).fetchall():
            connection.execute(f'drop schema "{schema}" cascade')
    connection.execute(
        "create table if not exists raw_meta.loaded_runs (source_id varchar, run_id varchar, is_kept boolean)"
    )
    connection.execute(
        "create table if not exists raw_meta.parsed_runs (model varchar, text varchar, run_id varchar, day date)"
    )
    found: dict[str, set[str]] = {}
    for source_id, run_id in connection.execute("select source_id, run_id from raw_meta.loaded_runs").fetchall():
        found.setdefault(source_id, set()).add(run_id)
    return found


def adapters(settings: Settings) -> set[str]:
    """Tables that no module fetches and ``soc2 land`` may bring: a staging folder declares them. Until something is
    landed they are there and empty, so that models can be built on them.
    """
    fetched = set(sources.names()) | {"meta"}
    found = set()
    for path in sorted((settings.dbt_project / "models" / "staging").glob("*/_*__sources.yml")):
        if path.parent.name not in fetched:
            for source in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]:
                found |= {f"{source['name']}.{table['name']}" for table in source["tables"]}
    return found


def _receipts(connection: duckdb.DuckDBPyConnection, landing: Landing) -> list[Receipt]:
    """All receipts: those read on earlier nights from the cache table, new ones from the landing zone."""
    connection.execute("create schema if not exists raw_meta")
    connection.execute("create table if not exists raw_meta.receipts (run_id varchar primary key, receipt varchar)")
    cached = dict(connection.execute("select run_id, receipt from raw_meta.receipts").fetchall())
    listed = {Path(uri).stem: uri for uri in landing.list("_receipts")}
    new = {run_id: landing.read(uri).decode() for run_id, uri in listed.items() if run_id not in cached}
    if new:
        connection.executemany("insert into raw_meta.receipts values (?, ?)", list(new.items()))
    return [Receipt.from_json(text) for run_id, text in {**cached, **new}.items() if run_id in listed]


def _write_meta(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    day: date,
    run_id: str,
    known: list[Receipt],
    chosen: dict[tuple[str, date], Receipt],
    specs: Mapping[str, tuple[str, str, int | None]],
) -> None:
    moment = as_of(day, settings.observed_at).replace(tzinfo=None)
    connection.execute("create or replace table raw_meta.run (logical_date date, as_of timestamp, run_id varchar)")
    connection.execute("insert into raw_meta.run values (?, ?, ?)", [day, moment, run_id])
    _fill(
        connection,
        "raw_meta.required_tables",
        "source_id varchar, kind varchar, conn_id varchar, kept_days integer",
        [
            {"source_id": source_id, "kind": kind, "conn_id": conn_id, "kept_days": kept_days}
            for source_id, (kind, conn_id, kept_days) in sorted(specs.items())
        ],
    )
    _fill(connection, "raw_meta.extract_runs", EXTRACT_RUN_COLUMNS, [_extract_row(receipt) for receipt in known])
    _fill(
        connection,
        "raw_meta.selected_runs",
        SELECTED_COLUMNS,
        [
            {
                "source_id": source_id,
                "logical_date": logical_date,
                "run_id": receipt.run_id,
                "status": receipt.status,
                "kind": receipt.kind,
                "started_at": _naive(receipt.started_at),
                "finished_at": _naive(receipt.finished_at),
                "rows": receipt.rows,
            }
            for (source_id, logical_date), receipt in chosen.items()
        ],
    )


def _extract_row(receipt: Receipt) -> dict[str, Any]:
    row = {name: getattr(receipt, name) for name in (part.split()[0] for part in EXTRACT_RUN_COLUMNS.split(", "))}
    row["parameters"] = json.dumps(receipt.parameters, sort_keys=True, default=str)
    for name in ("started_at", "finished_at", "window_start", "window_end"):
        row[name] = _naive(row[name])
    return row


def _fill(connection: duckdb.DuckDBPyConnection, table: str, columns: str, rows: list[dict[str, Any]]) -> None:
    """(Re)create a small table from Python rows, through Arrow: one statement whatever the number of rows."""
    connection.execute(f"create or replace table {table} ({columns})")
    if rows:
        frame = pa.Table.from_pylist(rows)
        connection.register("frame", frame)
        connection.execute(f"insert into {table} by name select * from frame")
        connection.unregister("frame")


def _load_table(
    connection: duckdb.DuckDBPyConnection, landing: Landing, source_id: str, runs: list[Receipt], present: set[str]
) -> int:
    """Bring one raw table to exactly ``runs``; ``present``: runs that are loaded. Returns rows loaded."""
    source, table = source_id.split(".")
    name = f'"raw_{source}"."{table}"'
    if not present:
        connection.execute(f'create schema if not exists "raw_{source}"')
        connection.execute(f"create table if not exists {name} ({RAW_COLUMNS})")
    wanted = {receipt.run_id: receipt for receipt in runs}
    rows = 0
    for run_id in present - wanted.keys():
        connection.execute(f"delete from {name} where _run_id = ?", [run_id])
        connection.execute("delete from raw_meta.loaded_runs where run_id = ?", [run_id])
    for run_id in sorted(wanted.keys() - present):
        receipt = wanted[run_id]
        assert receipt.object_uri is not None
        count, frame = landing.batches(receipt.object_uri)
        connection.begin()
        if count:
            connection.register("frame", frame)
            connection.execute(
                f"insert into {name} select ?::date, ?, seq, fetched_at, record, parent, error from frame",
                [receipt.logical_date, run_id],
            )
            connection.unregister("frame")
        connection.execute("insert into raw_meta.loaded_runs values (?, ?, true)", [source_id, run_id])
        connection.commit()
        rows += count
    return rows


def _naive(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None
