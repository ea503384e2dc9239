"""The file that readers open: marts and the entity model, in a DuckDB of its own, swapped in whole."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Collection
from pathlib import Path

import duckdb

from soc2_warehouse import ledger, transform, warehouse
from soc2_warehouse.settings import Settings

# Older readers open it too.
STORAGE_VERSION = "v1.2.0"
PREFIXES = ("dim_", "fct_", "bridge_", "meta_")


class PublishError(RuntimeError):
    """Nothing was published; readers still have the file they had."""


def publish(settings: Settings, required: Collection[str] | None = None) -> Path:
    """Load the ledger, build the marts and swap the published file. Returns its path.

    After ``judge``, under ``warehouse.writing``. required: tables that must be there, default all that dbt built.
    Raises PublishError when a mart does not build or the new file is not whole, OSError when it cannot be written;
    the old file stays in both cases.
    """
    with warehouse.connect(settings) as connection:
        ledger.load_ledger(connection, settings)
    run = transform.build_marts(settings)
    broken = [node for node in run.nodes if not node.ok]
    if broken or not run.success:
        told = "; ".join(f"{node.name}: {node.message}" for node in broken[:3]) or run.error
        raise PublishError(f"the marts do not build: {told}")
    if required is None:
        required = [node.name for node in run.nodes if node.unique_id.startswith("model.")]
    return swap(settings.build_file, settings.published_file, required)


def swap(build_file: Path, target: Path, required: Collection[str] = ()) -> Path:
    """Copy what readers may see into a new file beside ``target``, check it, and put it in the target's place.

    Readers that hold the old file keep reading it; whoever opens next gets the new one. Raises as ``publish``.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    try:
        try:
            _copy(build_file, draft)
            _check(draft, required)
        except duckdb.Error as error:
            raise PublishError(f"{target.name} cannot be written: {error}") from error
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        for leftover in (draft, draft.with_name(f"{draft.name}.wal")):
            leftover.unlink(missing_ok=True)
        shutil.rmtree(draft.with_name(f"{draft.name}.tmp"), ignore_errors=True)
    return target


def _copy(build_file: Path, draft: Path) -> None:
    with duckdb.connect() as connection:
        # A table of millions of rows must not need its size in memory just to be copied.
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"attach {_text(build_file)} as build (read_only)")
        connection.execute(f"attach {_text(draft)} as published (storage_version {_text(STORAGE_VERSION)})")
        for schema, table in _tables(connection):
            connection.execute(f'create table published.main."{table}" as from build."{schema}"."{table}"')
            for column, comment in _comments(connection, schema, table):
                what = f'column published.main."{table}"."{column}"' if column else f'table published.main."{table}"'
                connection.execute(f"comment on {what} is {_text(comment)}")
        connection.execute("checkpoint published")
        connection.execute("detach published")


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Marts, and the tables of the entity model; a mart hides an entity table of the same name."""
    rows = connection.execute(
        "select table_schema, table_name from information_schema.tables "
        "where table_catalog = 'build' and table_schema in ('marts', 'intermediate') order by table_schema, table_name"
    ).fetchall()
    chosen = {name: schema for schema, name in rows if schema == "marts" or name.startswith(PREFIXES)}
    return sorted((schema, name) for name, schema in chosen.items())


def _comments(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[tuple[str | None, str]]:
    """(column, comment), column None for the table's own."""
    place = f"database_name = 'build' and schema_name = {_text(schema)} and table_name = {_text(table)}"
    return connection.execute(
        f"select null, comment from duckdb_tables() where {place} and comment is not null union all "
        f"select column_name, comment from duckdb_columns() where {place} and comment is not null"
    ).fetchall()


def _check(draft: Path, required: Collection[str]) -> None:
    with duckdb.connect(str(draft), read_only=True) as connection:
        found = {row[0] for row in connection.execute("select table_name from information_schema.tables").fetchall()}
    if missing := sorted(set(required) - found):
        raise PublishError(f"the new file lacks {', '.join(missing)}")
    if not found:
        raise PublishError("the new file would be empty: no mart was built")


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
