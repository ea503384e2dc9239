"""The published file, opened for one request: read-only, without access to anything outside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Annotated, Any

import duckdb
from fastapi import Depends

from soc2_warehouse.settings import settings


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
        cursor = self._connection.cursor().execute(sql)
        names = [str(column[0]) for column in cursor.description or ()]
        return names, iter(lambda: cursor.fetchmany(size), [])

    def has(self, table: str) -> bool:
        """Whether the file has the table: it may be of an older warehouse."""
        return bool(self.value("select count(*) from duckdb_tables() where table_name = ?", [table]))

    @property
    def day(self) -> date | None:
        """The newest day that was judged."""
        found = self.value("select max(logical_date) from fct_control_run where is_current")
        return found if found is None or not isinstance(found, datetime) else found.date()


def opened() -> Iterator[Reader]:
    """A reader for one request: whoever asks after a publish gets the new file. Raises NotPublished."""
    file = settings().published_file
    if not file.exists():
        raise NotPublished(f"{file.name} is not there yet: nothing was published")
    connection = duckdb.connect(str(file), read_only=True, config={"enable_external_access": "false", "threads": "2"})
    try:
        connection.execute("set lock_configuration = true")
        yield Reader(connection)
    finally:
        connection.close()


Published = Annotated[Reader, Depends(opened)]
