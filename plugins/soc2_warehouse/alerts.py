"""What has changed so that somebody must know: found from the published file, told once.

An alert is a state that began and lasts, not a night: whoever could not be told on the first night is told on the
next, and nobody is told twice (notify.py keeps what was told).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

#: An acceptance that ends within so many days is announced.
EXPIRES_WITHIN_DAYS = 14
#: Evidence that its origin deletes within so many days is announced; of what is kept a month or less, half its time.
LOST_WITHIN_DAYS = 14
#: A control that is not tested for one of these reasons is as it should be.
EXPECTED = ("OUT_OF_SCOPE", "NO_OCCURRENCE", "NOT_YET_DUE")

DEVIATION, NOT_TESTED, LOSING, EXPIRING = (
    "new deviation",
    "newly not tested",
    "evidence about to be lost",
    "acceptance ends",
)
#: In the order in which a message tells them.
KINDS = (LOSING, NOT_TESTED, DEVIATION, EXPIRING)


@dataclass(frozen=True)
class Alert:
    """One thing to tell. subject: what it is about; since: when the state began; due: until when to act.

    path: page of the compliance pages that shows it. control_id is empty for a source.
    """

    kind: str
    control_id: str
    subject: str
    told: str
    owner: str
    since: datetime | date
    due: date | None
    severity: str
    path: str
    key: str

    @property
    def identity(self) -> str:
        """The same for the same state on every night, another when it begins again."""
        return hashlib.sha256(f"{self.kind}|{self.key}|{self.since.isoformat()}".encode()).hexdigest()


def find(published: Path, kept_days: Mapping[str, int]) -> tuple[date, list[Alert]]:
    """The newest judged day, and every alert that its state asks for, the most urgent kind first.

    kept_days: extracted table → days for which its origin keeps the records. Raises LookupError when nothing is
    published.
    """
    if not published.exists():
        raise LookupError(f"{published} is not there: nothing was published yet")
    with duckdb.connect(str(published), read_only=True, config={"enable_external_access": "false"}) as connection:
        newest = connection.execute(
            "select logical_date, as_of from fct_control_run where is_current order by logical_date desc limit 1"
        ).fetchone()
        if newest is None:
            raise LookupError(f"{published.name} has no judged day")
        day, as_of = newest
        found = [
            *_losing(connection, day, kept_days),
            *_not_tested(connection, day),
            *_deviations(connection),
            *_expiring(connection, as_of),
        ]
    return day, found


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, values: Iterable[Any] = ()) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, list(values))
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


EXCEPTIONS = """
    select
        exceptions.*, controls.title, controls.owner as control_owner, people.display_name as owner_name
    from fct_exception as exceptions
    left join dim_control as controls on controls.control_id = exceptions.control_id
    left join dim_person as people on people.person_key = exceptions.owner_key
"""


def _owner(row: Mapping[str, Any]) -> str:
    return row["owner_name"] or row["owner_key"] or row["control_owner"] or "nobody"


def _deviations(connection: duckdb.DuckDBPyConnection) -> list[Alert]:
    """Every open exception since it opened: told once, whenever that is."""
    rows = _rows(
        connection,
        EXCEPTIONS + "where exceptions.state = 'open' order by array_position(['critical', 'high', 'medium', 'low'], "
        "exceptions.severity), exceptions.control_id, exceptions.entity_key, exceptions.code",
    )
    return [
        Alert(
            kind=DEVIATION,
            control_id=row["control_id"],
            subject=row["entity_name"] or row["entity_key"],
            told=f"{row['code']}: {row['reason'] or row['title']}",
            owner=_owner(row),
            since=row["opened_at"],
            due=row["due_at"].date() if row["due_at"] else None,
            severity=row["severity"],
            path=f"/exceptions/{row['exception_id']}",
            key=row["exception_id"],
        )
        for row in rows
    ]


def _not_tested(connection: duckdb.DuckDBPyConnection, day: date) -> list[Alert]:
    """Controls that are not tested, since the first day on which they were not."""
    rows = _rows(
        connection,
        """
        with runs as (
            select control_id, logical_date, status, reason, detail, severity,
                status = 'not_tested' and not list_contains(?, coalesce(reason, '')) as is_blind
            from fct_control_run
            where is_current
        ),

        tested as (
            select control_id, max(logical_date) as last_day
            from runs
            where not is_blind
            group by control_id
        )

        select
            newest.control_id, newest.reason, newest.detail, newest.severity, controls.title, controls.owner,
            min(runs.logical_date) as since
        from runs as newest
        left join tested on tested.control_id = newest.control_id
        inner join runs on runs.control_id = newest.control_id and runs.is_blind
            and (tested.last_day is null or runs.logical_date > tested.last_day)
        left join dim_control as controls on controls.control_id = newest.control_id
        where newest.logical_date = ? and newest.is_blind
        group by all
        order by newest.control_id
        """,
        [list(EXPECTED), day],
    )
    return [
        Alert(
            kind=NOT_TESTED,
            control_id=row["control_id"],
            subject=row["title"],
            told=": ".join(part for part in (row["reason"], row["detail"]) if part),
            owner=row["owner"],
            since=row["since"],
            due=None,
            severity=row["severity"],
            path=f"/controls/{row['control_id']}",
            key=row["control_id"],
        )
        for row in rows
    ]


def _losing(connection: duckdb.DuckDBPyConnection, day: date, kept_days: Mapping[str, int]) -> list[Alert]:
    """Tables whose records their origin soon deletes and that nobody has fetched since."""
    rows = _rows(
        connection,
        "select source_id, max(logical_date) filter (status in ('complete', 'partial')) as last_day "
        "from fct_extract_run where logical_date <= ? group by source_id order by source_id",
        [day],
    )
    found = []
    for row in rows:
        source_id, last_day = row["source_id"], row["last_day"]
        kept = kept_days.get(source_id)
        # What was never read has no beginning to lose; that it is not read shows as not tested.
        if kept is None or last_day is None:
            continue
        lost_on = last_day + timedelta(days=kept)
        if lost_on - day <= timedelta(days=min(LOST_WITHIN_DAYS, kept // 2)):
            left = (lost_on - day).days
            told = f"last read on {last_day}, kept for {kept} days: " + (
                f"records of that day are deleted on {lost_on}" if left > 0 else f"being lost since {lost_on}"
            )
            found.append(
                Alert(LOSING, "", source_id, told, "data team", last_day, lost_on, "high", "/sources", source_id)
            )
    return found


def _expiring(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> list[Alert]:
    """Acceptances in force that end soon: the exception opens again on that day."""
    rows = _rows(
        connection,
        EXCEPTIONS + "where exceptions.state = 'accepted' and exceptions.expires_at <= ? "
        "order by exceptions.expires_at, exceptions.control_id, exceptions.entity_key",
        [as_of + timedelta(days=EXPIRES_WITHIN_DAYS)],
    )
    return [
        Alert(
            kind=EXPIRING,
            control_id=row["control_id"],
            subject=row["entity_name"] or row["entity_key"],
            told=f"{row['code']} is accepted until {row['expires_at']:%Y-%m-%d}, decided by {row['decided_by']}",
            owner=_owner(row),
            since=row["expires_at"],
            due=row["expires_at"].date(),
            severity=row["severity"],
            path=f"/exceptions/{row['exception_id']}",
            key=row["exception_id"],
        )
        for row in rows
    ]
