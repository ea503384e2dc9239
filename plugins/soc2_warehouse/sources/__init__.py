"""Source systems, one module each, found by their file name.

A module holds ``SOURCE`` (its own name), ``CONNECTION`` (an Airflow connection id), optionally ``CONCURRENCY``
(calls under way at once), ``client(connection)`` (the only place that imports an SDK), optionally
``calls(client)`` (requests sent so far), and one generator function per table, declared with ``@table`` and yielding
the API's own records, unfiltered and unrenamed.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, Protocol, TypeVar

Kind = Literal["snapshot", "event", "register"]
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class TableSpec:
    """What a table function declares.

    kind: ``snapshot`` (state now; a past day cannot be fetched), ``event`` (history; fetched from a cursor with an
    overlap) or ``register`` (a version-controlled file). key: fields of the record that identify it.
    query: the endpoint or query as an auditor reads it on the receipt. kept_days: for how long the origin keeps the
    records, when it deletes them: what nobody fetched by then is lost. time: field of a log's record that says when it
    happened, for logs whose records never change: one that arrives late is told.
    """

    name: str
    kind: Kind
    key: tuple[str, ...]
    query: str
    kept_days: int | None = None
    time: str | None = None


@dataclass(frozen=True)
class Envelope:
    """One landed row: the provider's record, the parent it was asked for, or the error answered instead."""

    record: Any = None
    parent: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


class TableNotLanded(LookupError):
    """A table reads another one of the same run that could not be fetched."""


@dataclass
class Read:
    """What a table function may use and must tell while it reads. One per table and run.

    day: logical day. since, until: window of an event table, aware UTC. home: where a run writes, for what people
    decided in this warehouse itself.
    """

    day: date
    since: datetime
    until: datetime
    concurrency: int = 4
    earlier: Callable[[str], Iterable[Envelope]] | None = None
    home: Path | None = None
    pages: int = 0
    api_total: int | None = None
    problems: list[str] = field(default_factory=list)
    credential_identity: str = ""
    tenant_name: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)

    def page(self, rows: int = 0) -> None:
        """One page (or answer) was read."""
        self.pages += 1

    def total(self, count: int) -> None:
        """How many rows the API says there are; added up over calls. Landed rows must agree."""
        self.api_total = (self.api_total or 0) + count

    def incomplete(self, reason: str) -> None:
        """Something is missing: the receipt says incomplete and the table is not judged."""
        self.problems.append(reason)

    def identity(self, text: str) -> None:
        """Whose credentials read (printed on the receipt)."""
        self.credential_identity = text

    def tenant(self, text: str) -> None:
        """Which tenant, organisation or account was read."""
        self.tenant_name = text

    def parameter(self, name: str, value: Any) -> None:
        """A parameter or filter of the query, printed in full on the receipt."""
        self.parameters[name] = value

    def answer(self, record: Any, **parent: Any) -> Envelope:
        """The whole answer to a call made for one parent; an empty answer is still a row."""
        return Envelope(record=record, parent=parent)

    def refused(self, status: int, code: str, message: str = "", **parent: Any) -> Envelope:
        """An error answered for one parent. 401 and 403 count as denied; a 404 that means "has none" is data."""
        return Envelope(parent=parent, error={"status": status, "code": code, "message": message})

    def landed(self, table_name: str) -> Iterator[Envelope]:
        """Rows of a table fetched earlier in this run. Raises TableNotLanded when it was not."""
        if self.earlier is None:
            raise TableNotLanded(f"{table_name} was not fetched in this run")
        yield from self.earlier(table_name)

    def each(self, items: Iterable[Item], call: Callable[[Item], Result]) -> Iterator[Result]:
        """``call(item)`` for every item, up to ``concurrency`` at once, results in the order of the items."""
        with ThreadPoolExecutor(max_workers=self.concurrency) as pool:
            yield from pool.map(call, items)


class TableFunction(Protocol):
    """A generator of records, carrying its declaration."""

    table: TableSpec

    def __call__(self, client: Any, read: Read) -> Iterator[Any]: ...


def table(
    kind: Kind, key: tuple[str, ...], query: str, kept_days: int | None = None, time: str | None = None
) -> Callable[[Callable[[Any, Read], Iterator[Any]]], TableFunction]:
    """Declare a generator function as a table of its source; the function's name is the table's name."""

    def declare(function: Callable[[Any, Read], Iterator[Any]]) -> TableFunction:
        function.table = TableSpec(function.__name__, kind, key, query, kept_days, time)  # type: ignore[attr-defined]
        return function  # type: ignore[return-value]

    return declare


@dataclass(frozen=True)
class Source:
    """One source module, read."""

    name: str
    connection: str
    concurrency: int
    module: ModuleType
    tables: dict[str, TableFunction]

    def client(self, connection: Any) -> Any:
        return self.module.client(connection)

    def calls(self, client: Any) -> tuple[int, int, int]:
        """(requests, throttled, server errors) sent so far by this client."""
        counted = getattr(self.module, "calls", None)
        if counted is None:
            return 0, 0, 0
        value = counted(client)
        if isinstance(value, tuple):
            return value
        return int(value), int(getattr(client, "throttled", 0)), int(getattr(client, "errors", 0))


def names() -> list[str]:
    """The names of all source modules, sorted."""
    return sorted(found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_"))


def load(name: str) -> Source:
    """The source called ``name``. Raises LookupError naming the sources there are."""
    if name not in names():
        raise LookupError(f"no source {name!r}: there are {', '.join(names())}")
    module = importlib.import_module(f"{__name__}.{name}")
    if name != module.SOURCE:
        raise LookupError(
            f"sources/{name}.py says SOURCE = {module.SOURCE!r}: the file name is the identity, write {name!r}"
        )
    functions = {
        key: value for key, value in vars(module).items() if isinstance(getattr(value, "table", None), TableSpec)
    }
    return Source(name, module.CONNECTION, getattr(module, "CONCURRENCY", 4), module, functions)


def load_all() -> list[Source]:
    """Every source, in the order of names."""
    return [load(name) for name in names()]
