"""A SQLAlchemy dialect for DuckDB that Great Expectations can use: ``duckdb+buffered:///file``.

Great Expectations closes the connection before it fetches; the rollback that comes with closing drops DuckDB's pending
result, and every expectation fails with an IndexError. Here a result is fetched as soon as its statement has run.
"""

from __future__ import annotations

from typing import Any

import duckdb_engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg2 import PGExecutionContext_psycopg2
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

SCHEME = "duckdb+buffered"


class BufferedContext(PGExecutionContext_psycopg2):
    """Fetches all rows of a statement at once."""

    def post_exec(self) -> None:
        if self.cursor.description:
            rows = self.cursor.fetchall()
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(self.cursor, initial_buffer=rows)


class BufferedDialect(duckdb_engine.Dialect):
    execution_ctx_cls = BufferedContext
    supports_statement_cache = False

    def connect(self, *arguments: Any, **parameters: Any) -> Any:
        connection = super().connect(*arguments, **parameters)
        _opened.append(connection)
        return connection


_opened: list[Any] = []


def register() -> None:
    """Make ``duckdb+buffered`` known to SQLAlchemy."""
    registry.register(SCHEME.replace("+", "."), __name__, "BufferedDialect")


def close_all() -> None:
    """Close every connection that was opened through this dialect.

    Great Expectations copies its data source, engines and pools included, and closes none of them; while one is open
    nobody can write the file.
    """
    while _opened:
        _opened.pop().close()
