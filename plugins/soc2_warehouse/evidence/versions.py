"""Two extracts of one table, compared record by record: what a later one has that the earlier one should have had."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb

from soc2_warehouse import sources
from soc2_warehouse.clock import as_of
from soc2_warehouse.landing import Landing
from soc2_warehouse.registers import registers
from soc2_warehouse.settings import Settings

LATE, RESTATED = "late", "restated"


@dataclass(frozen=True)
class Version:
    """A usable extract of a table."""

    source_id: str
    kind: str
    day: date
    run_id: str
    is_complete: bool
    finished_at: datetime
    rows: int
    object_uri: str
    window_start: datetime | None
    window_end: datetime | None
    note: str

    @property
    def rank(self) -> tuple[bool, datetime, str]:
        """As receipts.selected ranks them."""
        return self.is_complete, self.finished_at, self.run_id


def _spec(source_id: str) -> sources.TableSpec | None:
    source, table = source_id.split(".")
    if source not in sources.names():
        return None
    function = sources.load(source).tables.get(table)
    return function.table if function else None


def time_of(source_id: str) -> str | None:
    spec = _spec(source_id)
    return spec.time if spec else None


def moments_of(source_id: str) -> list[str]:
    """Columns of a register that say when something was done or decided."""
    name = source_id.partition(".")[2]
    register = registers().get(name)
    return [column.name for column in register.columns.values() if column.type == "timestamp"] if register else []


def _key_of(source_id: str) -> Sequence[str]:
    register = registers().get(source_id.partition(".")[2]) if source_id.startswith("registers.") else None
    spec = _spec(source_id)
    return register.key if register else spec.key if spec else ()


@dataclass(frozen=True)
class _Row:
    key: str
    whole: str
    moment: datetime | None


class Reader:
    """Reads landed records; one small database for all of them."""

    def __init__(self, landing: Landing) -> None:
        self.landing = landing
        self.connection = duckdb.connect()
        self.connection.execute("set TimeZone = 'UTC'")

    def same(self, one: Version, other: Version) -> bool:
        """Whether two extracts hold the same records in the same order: registers do, nearly every night."""
        return self.landing.records(one.object_uri)["record"].equals(self.landing.records(other.object_uri)["record"])

    def rows(self, version: Version | None, moments: Sequence[str] = ()) -> list[_Row]:
        """Key (without one, the whole record), everything said, and the earliest of these fields, of each record."""
        if version is None:
            return []
        keys = [_field(name) for name in _key_of(version.source_id)]
        key = f"concat_ws('|', {', '.join(keys)})" if keys else "record"
        at = f"least({', '.join(map(_moment, moments))})" if moments else "null"
        # What stands beside a register's line is the commit it was read at, which changes with every commit.
        whole = "record" if version.kind == "register" else "concat_ws(' ', record, parent, error)"
        self.connection.register("landed", self.landing.records(version.object_uri))
        found = self.connection.execute(
            f"select coalesce(nullif({key}, ''), record, parent, ''), coalesce({whole}, ''), {at} from landed"
        ).fetchall()
        self.connection.unregister("landed")
        return [_Row(*row) for row in found]


def _field(name: str) -> str:
    path = "'$.\"" + name.replace("'", "''") + "\"'"
    return f"coalesce(json_extract_string(record, {path}), json_extract_string(parent, {path}))"


def _moment(name: str) -> str:
    """A field as a point in time (UTC): ISO 8601 text, or milliseconds since 1970."""
    text = _field(name)
    return (
        f"coalesce(make_timestamp(try_cast({text} as bigint) * 1000), "
        f"cast(try_cast({text} as timestamptz) at time zone 'UTC' as timestamp))"
    )


def compared(
    reader: Reader, before: Version | None, version: Version, moment: datetime | None
) -> tuple[int, int, int, int, int]:
    """Rows before and now, added, changed, removed. Of a log only what had happened by ``moment`` is compared: a later
    extract of the same day also has what came after it.
    """
    time = time_of(version.source_id) if version.kind == "event" else None
    fields = (time,) if time else ()

    def held(rows: Iterable[_Row]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for row in rows:
            if not fields or moment is None or row.moment is None or row.moment <= moment:
                found.setdefault(row.key, set()).add(row.whole)
        return found

    old, new = held(reader.rows(before, fields)), held(reader.rows(version, fields))
    changed = sum(1 for key in old.keys() & new.keys() if old[key] != new[key])
    return (
        before.rows if before else 0,
        version.rows,
        len(new.keys() - old.keys()),
        changed,
        len(old.keys() - new.keys()),
    )


def unseen(
    reader: Reader, earlier: Sequence[Version], version: Version, time: str, until: datetime
) -> tuple[int, int, int, datetime | None]:
    """Events that an earlier extract ought to have had: they happened before it ended."""
    seen = {row.key for one in earlier for row in reader.rows(one)}
    late = [
        row.moment
        for row in reader.rows(version, (time,))
        if row.moment is not None and row.moment <= until and row.key not in seen
    ]
    return len(late), 0, 0, min(late, default=None)


def backdated(
    reader: Reader, settings: Settings, before: Version, version: Version, columns: Sequence[str]
) -> Iterator[tuple[str, tuple[int, int, int, datetime | None]]]:
    """Lines that tell of a time before the extract before: new ones and times filled in (late), and lines gone or with
    a value that is another now (restated). A line that was only completed since is neither.
    """
    if reader.same(before, version):
        return
    until = as_of(before.day, settings.observed_at).replace(tzinfo=None)
    old, new = ({row.key: row for row in reader.rows(one, columns)} for one in (before, version))
    added = [row.moment for key, row in new.items() if key not in old]
    removed = [row.moment for key, row in old.items() if key not in new]
    filled: list[datetime | None] = []
    changed: list[datetime | None] = []
    for key in new.keys() & old.keys():
        was, now = json.loads(old[key].whole or "{}"), json.loads(new[key].whole or "{}")
        differ = [name for name in was.keys() | now.keys() if was.get(name) != now.get(name)]
        if any(was.get(name) not in (None, "") for name in differ):
            changed.append(min((m for m in (old[key].moment, new[key].moment) if m), default=None))
        elif times := [moment for name in differ if name in columns and (moment := _instant(now.get(name)))]:
            filled.append(min(times))
    past = [[m for m in moments if m and m <= until] for moments in (added, filled, changed, removed)]
    if past[0] or past[1]:
        yield LATE, (len(past[0]), len(past[1]), 0, min(past[0] + past[1]))
    if past[2] or past[3]:
        yield RESTATED, (0, len(past[2]), len(past[3]), min(past[2] + past[3]))


def _instant(text: Any) -> datetime | None:
    """UTC, naive; None for what is no time."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
