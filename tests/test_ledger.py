"""The ledger: complete folders or none, nothing overwritten, and the published test vector."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from soc2_warehouse import ledger
from soc2_warehouse.controls import Control
from soc2_warehouse.facts import count, population_hash
from soc2_warehouse.settings import Settings, from_environment

DAY = date(2026, 7, 1)
START = datetime(2026, 7, 1, 3, tzinfo=UTC)
KEYS = [f"ledger-api#{number}" for number in (*range(101, 114), 115)]
VECTOR = "dd6a25c31dbfdcb1df33bff6d5b4b8702a010ff3bcc732348d4fab8983bec703"


def add(root: Path, run_id: str, day: date, started_at: datetime, status: str = "pass", rows: int = 0) -> Path:
    """A judgement of one control, as small as the ledger allows."""
    line: dict[str, object] = dict.fromkeys(ledger.RUN_COLUMNS)
    line |= {
        "run_id": run_id,
        "control_id": "AC-03",
        "logical_date": day,
        "as_of": datetime(day.year, day.month, day.day, 2, tzinfo=UTC),
        "started_at": started_at,
        "status": status,
        "evaluated_ok": True,
        "mode": "snapshot",
        "deviation_severities": {"STALE": "high"},
    }
    with ledger.entry(root, day, run_id) as folder:
        ledger.write_lines(folder / ledger.RUNS, [line])
        row = dict.fromkeys(ledger.ROW_COLUMNS) | {"control_id": "AC-03", "result": "pass", "codes": []}
        ledger.write_lines(folder / ledger.ROWS, [row | {"entity_key": f"k{n}"} for n in range(rows)])
        for name in (ledger.RESULTS, ledger.DECISIONS, ledger.EVENTS):
            ledger.write_lines(folder / name, [])
        ledger.write_timings(folder, started_at, started_at + timedelta(seconds=5), {"expectations": 1.5})
    return root / f"day={day}" / f"run={run_id}"


def test_population_hash_of_the_published_vector() -> None:
    assert population_hash(reversed(KEYS)) == VECTOR
    assert population_hash([]) == hashlib.sha256(b"").hexdigest()


def test_sql_computes_the_same_population_hash() -> None:
    control = Control.__new__(Control)
    object.__setattr__(control, "schema", "main")
    object.__setattr__(control, "model", "ctl")
    with duckdb.connect() as connection:
        connection.execute("create table ctl (entity_key varchar, result varchar, codes varchar[], reason varchar)")
        for keys in ([], KEYS, ["é", "z", "Z", "a|b", "ß", "\U0001f600", "\uffee"]):
            connection.execute("delete from ctl")
            for key in keys:
                connection.execute("insert into ctl values (?, 'pass', [], '')", [key])
            connection.execute("insert into ctl values ('left out', 'excluded', ['ARCHIVED'], 'archived')")
            found = count(connection, control)
            assert found.population_hash == population_hash(keys)
            assert (found.population, dict(found.excluded_reasons)) == (len(keys), {"ARCHIVED": 1})


def test_a_folder_appears_whole_or_not_at_all(home: Settings) -> None:
    def dies() -> None:
        with ledger.entry(home.ledger, DAY, "r1") as folder:
            (folder / ledger.RUNS).write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        dies()
    assert ledger.runs(home.ledger) == []
    assert not [path for path in home.ledger.rglob("*") if path.is_file()]
    kept = add(home.ledger, "r1", DAY, START)
    assert [run.folder for run in ledger.runs(home.ledger)] == [kept]


def test_nothing_is_overwritten(home: Settings) -> None:
    kept = add(home.ledger, "r1", DAY, START, "fail")
    before = (kept / ledger.RUNS).read_bytes()
    with pytest.raises(ledger.AlreadyJudged):
        add(home.ledger, "r1", DAY, START, "pass")
    assert (kept / ledger.RUNS).read_bytes() == before


def test_the_newest_judgement_of_a_day_counts_and_all_are_kept(home: Settings) -> None:
    second = DAY + timedelta(days=1)
    add(home.ledger, "r3", DAY, START + timedelta(days=2), "fail", rows=2)
    add(home.ledger, "r1", DAY, START, "pass", rows=5)
    add(home.ledger, "r2", second, START + timedelta(days=1), "pass", rows=3)
    assert [run.run_id for run in ledger.runs(home.ledger)] == ["r1", "r2", "r3"]
    assert [run.run_id for run in ledger.current(ledger.runs(home.ledger))] == ["r3", "r2"]
    with duckdb.connect() as connection:
        for _ in range(2):
            ledger.load_ledger(connection, home)
        runs = connection.execute(
            "select run_id, is_current, finished_at - started_at from raw_ledger.control_runs order by run_id"
        ).fetchall()
        rows = connection.execute("select distinct run_id, logical_date from raw_ledger.control_rows").fetchall()
    five = timedelta(seconds=5)
    assert runs == [("r1", False, five), ("r2", True, five), ("r3", True, five)]
    assert rows == [("r2", second)], "rows are those of the newest day, not of the newest run"


def test_counts_are_those_of_the_day_in_the_build_file_and_of_the_one_before(home: Settings) -> None:
    """A day that is judged again sees no later one; a judgement without the file is none."""
    for number, run_id in enumerate(("r1", "r2", "r3", "r4")):
        folder = add(home.ledger, run_id, DAY + timedelta(days=number), START + timedelta(days=number))
        line = dict.fromkeys(ledger.COUNT_COLUMNS) | {"control_id": "AC-03", "check_name": "users", "expected": number}
        if run_id != "r2":
            ledger.write_lines(folder / ledger.CHECKS, [line])
    query = "select run_id, logical_date, expected from raw_ledger.reference_counts order by 1"
    with duckdb.connect() as connection:
        ledger.load_ledger(connection, home)
        newest = connection.execute(query).fetchall()
        connection.execute("create schema raw_meta")
        connection.execute(f"create table raw_meta.run as select date '{DAY + timedelta(days=2)}' as logical_date")
        ledger.load_ledger(connection, home)
        again = connection.execute(query).fetchall()
    assert newest == [("r3", DAY + timedelta(days=2), 2), ("r4", DAY + timedelta(days=3), 3)]
    assert again == [("r1", DAY, 0), ("r3", DAY + timedelta(days=2), 2)]


def test_what_judged_is_read_and_an_older_judgement_did_not_say(home: Settings) -> None:
    new = add(home.ledger, "r2", DAY, START + timedelta(days=1))
    old = add(home.ledger, "r1", DAY, START)
    for folder, said in ((new, {"parameters": {"b": [1, "x"], "a": 0.5}, "expectation_count": 7}), (old, {})):
        [line] = ledger.read_lines(folder / ledger.RUNS)
        kept = {name: value for name, value in line.items() if name not in ("parameters", "expectation_count")}
        ledger.write_lines(folder / ledger.RUNS, [kept | said])
    with duckdb.connect() as connection:
        ledger.load_ledger(connection, home)
        found = connection.execute(
            "select run_id, parameters, expectation_count from raw_ledger.control_runs order by run_id"
        ).fetchall()
    assert found == [("r1", None, None), ("r2", '{"a":0.5,"b":[1,"x"]}', 7)]


def test_a_judgement_that_is_made_again_keeps_the_version_of_its_night(home: Settings, tmp_path: Path) -> None:
    night = ledger.read_lines(add(home.ledger, "r1", DAY, START) / ledger.RUNS)[0]
    first = {"code_sha": "aa", "dirty": False, "parameters": {"days": 30}, "expectation_count": 6}
    [folder] = [run.folder for run in ledger.runs(home.ledger)]
    ledger.write_lines(folder / ledger.RUNS, [night | first])
    scratch = from_environment({"SOC2_HOME": str(tmp_path / "scratch")})
    other = add(scratch.ledger, "r1", DAY, START)
    ledger.write_lines(other / ledger.RUNS, [night | {"code_sha": "bb", "dirty": True}])
    add(scratch.ledger, "r2", DAY, START + timedelta(days=1))
    query = (
        "select run_id, code_sha, dirty, parameters, expectation_count, status from raw_ledger.control_runs order by 1"
    )
    with duckdb.connect() as connection:
        for lent in (ledger.versions(home.ledger), []):
            ledger.write_lines(scratch.home / ledger.VERSIONS, lent)
            ledger.load_ledger(connection, scratch)
            found = connection.execute(query).fetchall()
            assert found[0] == (
                ("r1", "aa", False, '{"days":30}', 6, "pass") if lent else ("r1", "bb", True, None, None, "pass")
            )
            assert found[1] == ("r2", None, None, None, None, "pass")


def test_an_empty_ledger_gives_empty_tables(home: Settings) -> None:
    with duckdb.connect() as connection:
        ledger.load_ledger(connection, home)
        tables = connection.execute(
            "select table_name, estimated_size from duckdb_tables() where schema_name = 'raw_ledger' order by 1"
        ).fetchall()
    names = [
        "control_rows",
        "control_runs",
        "exception_decisions",
        "exception_events",
        "exceptions",
        "reference_counts",
        "restatements",
    ]
    assert tables == [(name, 0) for name in names]


def test_canonical_lines() -> None:
    value = {"b": DAY, "a": START, "ü": Decimal("1.50"), "n": None}
    assert ledger.canonical(value) == '{"a":"2026-07-01T03:00:00.000000Z","b":"2026-07-01","n":null,"ü":"1.50"}'
    with pytest.raises(TypeError, match="set has no canonical form"):
        ledger.canonical({"a": {1}})
