"""The published file, for one request: read-only, without access to anything outside it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import duckdb
from fastapi import Depends

from soc2_warehouse.settings import settings

#: What the published file is called within DuckDB.
SCHEMA = "published"


class NotPublished(RuntimeError):
    """There is no published file yet."""


class Reader:
    """SQL with parameters on the published file. SQL is the pages' own text; what a visitor sends is a parameter."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def rows(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[dict[str, Any]]:
        """Rows as dicts, column order kept."""
        cursor = self._connection.execute(sql, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def row(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> dict[str, Any] | None:
        """The first row or None."""
        found = self.rows(sql, parameters)
        return found[0] if found else None

    def value(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> Any:
        """The first column of the first row or None."""
        found = self._connection.execute(sql, parameters).fetchone()
        return found[0] if found else None

    def batches(self, sql: str, size: int) -> tuple[list[str], Iterator[list[tuple[Any, ...]]]]:
        """Names of the columns, and the rows some at a time: for results that do not fit into memory."""
        # A cursor of its own: another query on the same connection would end this one.
        cursor = self._connection.cursor()
        cursor.execute(f"use {SCHEMA}")
        cursor.execute(sql)
        names = [str(column[0]) for column in cursor.description or ()]
        return names, iter(lambda: cursor.fetchmany(size), [])

    def chunks(self, sql: str, parameters: dict[str, Any], size: int = 2_000) -> Iterator[tuple[Any, ...]]:
        """Rows as tuples, some fetched at a time. Another query on this reader would end it."""
        cursor = self._connection.execute(sql, parameters)
        while rows := cursor.fetchmany(size):
            yield from rows

    def has(self, table: str) -> bool:
        """Whether the file has the table: it may be of an older warehouse."""
        return bool(
            self.value(
                "select count(*) from duckdb_tables() where database_name = current_database() and table_name = ?",
                [table],
            )
        )

    @property
    def day(self) -> date | None:
        """The newest day that was judged."""
        found: date | None = self.value("select max(logical_date) from fct_control_run where is_current")
        return found


class Files:
    """The published file, open once for all requests, and opened anew when another has taken its place.

    Attached to a database in memory: DuckDB hands whoever connects to a path the instance that the process has of it,
    and that would be the old file as long as anybody reads it. Who began to read the old file ends with it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: tuple[object, ...] = ()
        self._database: duckdb.DuckDBPyConnection | None = None

    def cursor(self, file: Path) -> duckdb.DuckDBPyConnection:
        """A connection of one's own, read-only, without access to anything else. Raises NotPublished."""
        try:
            found = file.stat()
        except FileNotFoundError as error:
            raise NotPublished(f"{file.name} is not there yet: nothing was published") from error
        known = (file, found.st_ino, found.st_mtime_ns, found.st_size)
        with self._lock:
            if self._database is None or self._known != known:
                self._database, self._known = _attached(file), known
            cursor = self._database.cursor()
        cursor.execute(f"use {SCHEMA}")
        return cursor


def _attached(file: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"threads": "2"})
    quoted = str(file).replace("'", "''")
    connection.execute(f"attach '{quoted}' as {SCHEMA} (read_only)")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


_files = Files()


@contextmanager
def read(file: Path) -> Iterator[Reader]:
    """A reader of ``file`` for this block. Raises NotPublished."""
    cursor = _files.cursor(file)
    try:
        yield Reader(cursor)
    finally:
        cursor.close()


def opened() -> Iterator[Reader]:
    """A reader for one request: whoever asks after a publish gets the new file. Raises NotPublished."""
    with read(settings().published_file) as reader:
        yield reader


Published = Annotated[Reader, Depends(opened)]
