"""What a judgement reads from the build file besides the answers of the expectations."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from soc2_warehouse.controls import Control
from soc2_warehouse.evidence.decisions import Decision
from soc2_warehouse.evidence.exceptions import exception_id
from soc2_warehouse.settings import PROJECT


@dataclass(frozen=True)
class SourceState:
    """One raw table as a control needs it. state: usable, no_data, stale or not_in_use."""

    source_id: str
    needed: bool
    state: str
    run_id: str | None

    @property
    def missing(self) -> bool:
        return self.needed and self.state != "usable"


@dataclass(frozen=True)
class Counts:
    """Rows of a control by result. population_hash: sha256 of the sorted keys of all but excluded rows."""

    passed: int
    exceptions: int
    unknown: int
    pending: int
    excluded: int
    excluded_reasons: Mapping[str, int] = field(default_factory=dict)
    population_hash: str = ""

    @property
    def evaluated(self) -> int:
        return self.passed + self.exceptions

    @property
    def population(self) -> int:
        return self.evaluated + self.unknown + self.pending


def source_states(connection: duckdb.DuckDBPyConnection, control: Control) -> list[SourceState]:
    """How each declared source stands; one that the warehouse does not list is ``no_data``."""
    found = {
        row[0]: row[1:]
        for row in _query(
            connection,
            "select source_id, in_use, state, usable_run_id from intermediate.int_control_sources where control_id = ?",
            [control.id],
        )
    }
    states = []
    for source in control.sources:
        in_use, state, run_id = found.get(source.source_id, (None, None, None))
        # Nobody declared the system unused: then its absence is a gap, not a choice.
        needed = source.required or in_use is not False
        states.append(SourceState(source.source_id, needed, state or "no_data", run_id))
    return states


def out_of_scope(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Categories that the register `scope` declares out of scope; what it does not name is in scope."""
    return {row[0] for row in _query(connection, "select category from intermediate.dim_scope where in_scope = false")}


def count(connection: duckdb.DuckDBPyConnection, control: Control) -> Counts:
    """Rows of the control's table by result. Raises duckdb.Error when it cannot be read."""
    table = f"{control.schema}.{control.model}"
    by_result = dict(connection.execute(f"select result, count(*) from {table} group by result").fetchall())
    keys = connection.execute(
        f"select sha256(coalesce(string_agg(entity_key, chr(10) order by entity_key), '')) from {table} "
        "where result <> 'excluded'"
    ).fetchone()
    reasons = connection.execute(
        f"select coalesce(nullif(array_to_string(codes, ', '), ''), reason, '') as why, count(*) from {table} "
        "where result = 'excluded' group by why"
    ).fetchall()
    names = ("pass", "exception", "unknown", "pending", "excluded")
    assert keys is not None
    passed, exceptions, unknown, pending, excluded = (int(by_result.get(name, 0)) for name in names)
    return Counts(passed, exceptions, unknown, pending, excluded, dict(reasons), keys[0])


def population_hash(keys: Iterable[str]) -> str:
    """sha256 of the sorted entity keys joined by a line feed: what ``count`` computes in SQL."""
    return hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()


def reconciles(connection: duckdb.DuckDBPyConnection, control: Control) -> bool | None:
    """Whether independent counts agree with the population; None when the control has no such check."""
    if control.reconciled_model is None:
        return None
    rows = _query(connection, f"select check_name, passed from {control.schema}.{control.reconciled_model}")
    made = {name for name, _ in rows}
    return bool(rows) and made.issuperset(control.completeness) and all(passed is True for _, passed in rows)


def reference_counts(connection: duckdb.DuckDBPyConnection, control: Control) -> list[dict[str, Any]]:
    """The control's completeness checks as they came out, sorted; none when it has none or they were not built."""
    if control.reconciled_model is None:
        return []
    names = ("check_name", "scope", "expected", "actual", "passed", "detail")
    table = f"{control.schema}.{control.reconciled_model}"
    rows = _query(connection, f"select {', '.join(names)} from {table} order by all")
    return [{"control_id": control.id, **dict(zip(names, row, strict=True))} for row in rows]


def export_rows(connection: duckdb.DuckDBPyConnection, control: Control, file: Path) -> None:
    """Append the control's rows to ``file`` as canonical JSON lines, sorted by key, evidence columns in one object."""
    table = f"{control.schema}.{control.model}"
    shared = ("entity_key", "entity_name", "owner_key", "result", "codes", "reason")
    columns = {row[0]: row[1] for row in connection.execute(f"describe {table}").fetchall()}
    pairs = [f"'{name}', {_canonical(name, columns[name])}" for name in sorted(columns.keys() - set(shared))]
    part = file.with_suffix(".part")
    connection.execute(
        f"""
        copy (
            select codes, '{control.id}' as control_id, entity_key, entity_name,
                json_object({", ".join(pairs)}) as evidence, owner_key, reason, result
            from {table} order by entity_key, result, reason
        ) to '{str(part).replace("'", "''")}' (format json)
        """
    )
    with file.open("ab") as whole, part.open("rb") as piece:
        while block := piece.read(1 << 20):
            whole.write(block)
    part.unlink()


def _canonical(name: str, kind: str) -> str:
    if kind in ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"):
        return f"strftime(cast(\"{name}\" as timestamp), '%Y-%m-%dT%H:%M:%S.%fZ')"
    return f'"{name}"'


def decisions(connection: duckdb.DuckDBPyConnection, day: date) -> list[Decision]:
    """Rows of the register ``exception_decisions`` as known on ``day``; rows without control or entity get no id."""
    columns = (
        "exception_id, control_id, entity_key, code, decision, decided_by, owner_id, reason, compensating_control, "
        "decided_at, expires_at, evidence_uri, rule_fix_ref"
    )
    table = "staging.stg_registers__exception_decisions"
    rows = _query(
        connection,
        f"select {columns} from {table} where _day = (select max(_day) from {table} where _day <= ?) "
        "order by decided_at, _seq",
        [day],
    )
    found = []
    for identity, control_id, entity_key, code, decision, by, owner, reason, compensating, at, until, uri, fix in rows:
        if not identity and control_id and entity_key and code:
            identity = exception_id(control_id, entity_key, code)
        found.append(
            Decision(
                identity or "",
                decision or "",
                by or "",
                owner,
                reason or "",
                compensating,
                at,
                _instant(until),
                uri,
                fix,
            )
        )
    return found


def _instant(value: Any) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return datetime.combine(value, time())


def people(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Reference used in registers (employee number, contractor id) → person key."""
    return dict(_query(connection, "select ref, person_key from intermediate.int_person_refs"))


def subjects(connection: duckdb.DuckDBPyConnection, entity_keys: Sequence[str]) -> dict[str, set[str]]:
    """Entity key → persons it is about: a part that is a person key, or two that name an account."""
    persons = {row[0] for row in _query(connection, "select person_key from intermediate.dim_person")}
    accounts: dict[str, set[str]] = {}
    query = "select source_id || '|' || account_id, person_key from intermediate.bridge_account_person"
    for account, person in _query(connection, f"{query} where person_key is not null"):
        accounts.setdefault(account, set()).add(person)
    found = {}
    for key in entity_keys:
        parts = key.split("|")
        about = {part for part in parts if part in persons}
        for pair in pairwise(parts):
            about |= accounts.get("|".join(pair), set())
        found[key] = about
    return found


def register_hashes(connection: duckdb.DuckDBPyConnection, day: date) -> list[str]:
    """``registers.<name>=<sha256>`` of every register extract in force on ``day``."""
    rows = _query(
        connection,
        """
        select chosen.source_id || '=' || coalesce(receipt.sha256, '')
        from raw_meta.selected_runs as chosen
        join raw_meta.extract_runs as receipt using (run_id, source_id)
        where chosen.kind = 'register' and chosen.logical_date <= ?
        qualify row_number() over (partition by chosen.source_id order by chosen.logical_date desc) = 1
        order by 1
        """,
        [day],
    )
    return [row[0] for row in rows]


def _query(connection: duckdb.DuckDBPyConnection, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Rows, or none when the table was not built: what is not there gives no permission to anything."""
    try:
        return connection.execute(sql, list(values)).fetchall()
    except duckdb.CatalogException:
        return []


@lru_cache(maxsize=1)
def code_version(project: Path = PROJECT) -> tuple[str, bool]:
    """(version of models and code, it has uncommitted changes).

    The version is the git commit; with changes ``<commit>+<hash of the files>``, without git the hash alone.
    """
    try:
        head = ["git", "-C", str(project), "rev-parse", "--verify", "HEAD"]
        commit = subprocess.run(head, capture_output=True, text=True, check=True).stdout.strip()
        # What dbt writes is made from the code and is none of it, whether or not the repository ignores it.
        code = ["dbt_project", "plugins", ":(exclude)dbt_project/target"]
        status = ["git", "-C", str(project), "status", "--porcelain", "--", *code]
        changed = bool(subprocess.run(status, capture_output=True, text=True, check=True).stdout.strip())
    except (OSError, subprocess.CalledProcessError):
        return f"files:{_files_hash(project)}", False
    return (f"{commit}+{_files_hash(project)}", True) if changed else (commit, False)


def _files_hash(project: Path) -> str:
    digest = hashlib.sha256()
    for folder in ("dbt_project", "plugins"):
        for path in sorted((project / folder).rglob("*")):
            if path.suffix in (".sql", ".yml", ".py", ".csv") and project / "dbt_project/target" not in path.parents:
                digest.update(path.relative_to(project).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def built_models(target: Path) -> set[str]:
    """Unique ids of the models that dbt's last run in ``target`` built. Raises FileNotFoundError."""
    content = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    return {result["unique_id"] for result in content["results"] if result["status"] == "success"}
