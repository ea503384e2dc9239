"""What reviews read of the published file: who is who, which reviews are due, the lines of today, and their sources."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import duckdb

from soc2_warehouse.reviews.campaign import Line, ReviewProblem, text
from soc2_warehouse.settings import Settings

#: The controls whose sources a review needs: its population, and whether what is revoked goes.
CONTROLS = ("AC-11", "AC-12")


@dataclass(frozen=True)
class Person:
    """key: as the warehouse has it; ref: employee number or contractor id; works: has not left."""

    key: str
    ref: str
    name: str
    works: bool


@dataclass
class People:
    """Everybody, found by employee number, contractor id or work address, in any case of letters."""

    by_ref: dict[str, Person] = field(default_factory=dict)

    def find(self, *refs: str | None) -> Person:
        """The person whom the first known reference names. Raises ReviewProblem."""
        asked = [ref.strip() for ref in refs if ref and ref.strip()]
        for ref in asked:
            if person := self.by_ref.get(ref.casefold()):
                return person
        told = " or ".join(repr(ref) for ref in asked) or "nobody"
        raise ReviewProblem(
            f"{told} is nobody whom HR or a contract knows; give the employee number, contractor id or work address"
        )

    def key(self, ref: str | None) -> str | None:
        person = self.by_ref.get((ref or "").casefold())
        return person.key if person else None


@contextmanager
def reading(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file. Raises ReviewProblem when there is none, or when an older version wrote it."""
    if not settings.published_file.exists():
        raise ReviewProblem(f"{settings.published_file} is not there; run a night first")
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        try:
            yield connection
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise ReviewProblem(f"the published file lacks what a review needs; run a night first ({error})") from None


def newest_day(settings: Settings) -> date:
    """The logical day that was published last. Raises ReviewProblem."""
    with reading(settings) as connection:
        row = connection.execute("select max(logical_date) from fct_control_run").fetchone()
    if row is None or row[0] is None:
        raise ReviewProblem("no night is published; run one first")
    found: date = row[0]
    return found


def people(connection: duckdb.DuckDBPyConnection) -> People:
    found = People()
    rows = connection.execute(
        "select person_key, employee_numbers, work_email, display_name, current_status <> 'ended' from dim_person"
    ).fetchall()
    # Who has left gives way: an address may belong to somebody else by now.
    for key, numbers, address, name, works in sorted(rows, key=lambda row: (row[4], row[0])):
        contract = [key.partition(":")[2]] if key.startswith("contractor:") else []
        refs = [*(numbers or []), *contract]
        if refs:
            person = Person(key, refs[-1], name or refs[-1], works)
            found.by_ref |= {ref.casefold(): person for ref in (*refs, *([address] if address else []), key)}
    return found


def lines(connection: duckdb.DuckDBPyConnection, system_id: str) -> tuple[list[Line], datetime | None]:
    """Lines of today for a system, and the moment that they show (aware UTC; None without lines)."""
    rows = _dicts(
        connection,
        """
        select proposed.*, spells.left_at
        from fct_access_review_line_proposed as proposed
        left join (
            select person_key, max(end_effective_at) as left_at
            from dim_employment_spell
            group by person_key
            having count(end_effective_at) = count(*)
        ) as spells on spells.person_key = proposed.person_key and spells.left_at <= proposed.snapshot_at
        where proposed.system_id = ?
        order by proposed.line_no
        """,
        [system_id],
    )
    for row in rows:
        for name in ("last_login", "left_at"):
            row[name] = text(row[name].replace(tzinfo=UTC)) if row[name] else None
    found = [Line.of(row) for row in rows]
    return found, rows[0]["snapshot_at"].replace(tzinfo=UTC) if rows else None


def reviews(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Every quarter and system of the calendar, with the review that the register has of it."""
    return _dicts(connection, "select * from fct_access_review where is_main order by quarter_end, system_id", [])


def sources(connection: duckdb.DuckDBPyConnection, account_source: str) -> list[dict[str, Any]]:
    """How the newest night read each table that a review of these accounts needs: source_id, status, run_id, rows."""
    return _dicts(
        connection,
        """
        with declared as (
            select list_contains(?, control_id) as is_of_review, unnest(sources) as source_id from dim_control
        ),
        needed as (
            select distinct source_id
            from declared
            where (is_of_review and split_part(source_id, '.', 1) in (?, 'registers')) or source_id like 'hris.%'
        ),
        night as (select max(logical_date) as day from fct_control_run)
        select needed.source_id, coalesce(runs.status, 'missing') as status, runs.run_id, runs.rows
        from needed
        left join meta_extract_run as runs
            on runs.source_id = needed.source_id and runs.is_selected and runs.logical_date = (select day from night)
        order by 1
        """,
        [list(CONTROLS), account_source],
    )


def accounts(connection: duckdb.DuckDBPyConnection, account_source: str, snapshot_at: datetime) -> int:
    """Accounts that may have been able to sign in at the snapshot, counted in the account listing itself."""
    row = connection.execute(
        "select count(*) from dim_account where source_id = ? and valid_to is null and can_sign_in is not false "
        "and coalesce(created_at <= ?, true)",
        [account_source, snapshot_at.replace(tzinfo=None)],
    ).fetchone()
    return int(row[0]) if row else 0


def executions(connection: duckdb.DuckDBPyConnection, review_id: str) -> dict[tuple[str, str], tuple[str, str]]:
    """What AC-12 found of a review's lines in the newest night: (source_id, account_id) → (result, reason)."""
    rows = connection.execute(
        """
        select entity_key, result, reason from fct_control_row
        where control_id = 'AC-12' and starts_with(entity_key, ? || '|')
            and logical_date = (select max(logical_date) from fct_control_run)
        """,
        [review_id],
    ).fetchall()
    found = {}
    for key, result, reason in rows:
        _, _, source_id, account_id = key.split("|", 3)
        found[source_id, account_id] = (result, reason)
    return found


def _dicts(connection: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> list[dict[str, Any]]:
    cursor = connection.execute(query, values)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
