"""A week of the sandbox company: every night finds exactly what was planted, and the whole week can be made again.

Truth files (sandbox/truth/) say from which day until which day a row must show a code. Everything is read from the
ledger, where an auditor would read it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from soc2_warehouse import rebuild, simulate
from soc2_warehouse import settings as settings_module
from soc2_warehouse.sandbox.serve import FIRST_DAY
from soc2_warehouse.settings import PACKAGE, PROJECT, Settings, from_environment

pytestmark = pytest.mark.slow(minutes=10)

#: The truth files tell of seven nights and more; TEST_NIGHTS=7 plays them, at a minute and a half a night.
NIGHTS = int(os.environ.get("TEST_NIGHTS", "4"))
REBUILT = 2
DAYS = [FIRST_DAY + timedelta(days=number) for number in range(NIGHTS)]
TRUTHS = {path.stem: yaml.safe_load(path.read_text()) for path in (PACKAGE / "sandbox" / "truth").glob("*.yml")}


def effects(control_id: str) -> dict[str, str]:
    """Effect of every code of a control, from its YAML."""
    stem = control_id.lower().replace("-", "_")
    for path in (PROJECT / "dbt_project" / "models" / "controls").rglob(f"ctl_{stem}__*.yml"):
        meta = yaml.safe_load(path.read_text())["models"][0]["config"]["meta"]
        if "codes" in meta:
            return {code: spec["effect"] for code, spec in meta["codes"].items()}
    raise LookupError(control_id)


def on(day: date, lines: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """The lines of a truth file that hold on ``day``."""

    def holds(line: dict[str, Any]) -> bool:
        first, last = line.get("from"), line.get("until")
        return (first is None or first <= day) and (last is None or day <= last)

    return [line for line in lines or [] if holds(line)]


class Week:
    """The ledger of the week that was played, by day and control."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.rows: dict[tuple[date, str], dict[str, dict[str, Any]]] = {}
        self.runs: dict[tuple[date, str], dict[str, Any]] = {}
        for day in DAYS:
            folder = max((settings.ledger / f"day={day}").glob("run=*"))
            for line in lines(folder / "control_rows.jsonl"):
                self.rows.setdefault((day, line["control_id"]), {})[line["entity_key"]] = line
            for line in lines(folder / "control_runs.jsonl"):
                self.runs[day, line["control_id"]] = line


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, played: Settings) -> Iterator[Settings]:
    """A copy of the nights that are played already: a home may be moved, and its next night goes on."""
    copy = tmp_path_factory.mktemp("period") / "home"
    shutil.copytree(played.home, copy)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOC2_HOME", str(copy))
        settings_module.settings.cache_clear()
        yield from_environment()
    settings_module.settings.cache_clear()


@pytest.fixture(scope="module")
def week(home: Settings) -> Week:
    begun = len([*home.ledger.glob("day=*")])
    assert simulate.run(home, NIGHTS - begun, DAYS[begun]) == 0
    return Week(home)


@pytest.mark.parametrize("day", DAYS, ids=str)
@pytest.mark.parametrize("control_id", sorted(TRUTHS))
def test_a_night_finds_exactly_what_was_planted(week: Week, control_id: str, day: date) -> None:
    truth, rows, effect = TRUTHS[control_id], week.rows.get((day, control_id), {}), effects(control_id)
    planted = {(line["entity"], line["code"]) for line in on(day, truth.get("violations"))}
    found = {(key, code) for key, row in rows.items() if row["result"] != "excluded" for code in row["codes"]}
    judged = {(key, code) for key, code in found if rows[key]["result"] != "pending"}
    deviations = {(key, code) for key, code in judged if effect[code] == "deviation"}
    assert planted - found == set(), "planted and not found"
    assert deviations - planted == set(), "found and not planted"
    unknown = {line["entity"] for line in on(day, truth.get("unknown"))}
    assert {key for key, row in rows.items() if row["result"] == "unknown"} == unknown
    for line in on(day, truth.get("near_misses")):
        assert rows[line["entity"]]["result"] in ("pass", "pending", "excluded"), line
    for line in on(day, truth.get("absent")):
        assert line["entity"] not in rows, line
    for line in on(day, truth.get("excluded")):
        assert rows[line["entity"]]["result"] == "excluded", line


@pytest.mark.parametrize("control_id", sorted(TRUTHS))
def test_the_verdicts_are_the_expected_ones(week: Week, control_id: str) -> None:
    """``verdict`` is the first day's; ``days`` below it names days on which it is another."""
    first = dict(TRUTHS[control_id]["verdict"])
    later = first.pop("days", {})
    for day, expected in {FIRST_DAY: first, **later}.items():
        if day in DAYS:
            run = week.runs[day, control_id]
            assert {name: run[name] for name in expected} == expected, day


def test_nothing_unknown_is_called_a_pass(week: Week) -> None:
    assert week.runs
    for (day, control_id), run in week.runs.items():
        if run["status"] == "pass":
            assert (run["unknown"], run["open_exception_count"]) == (0, 0), (day, control_id)
            assert run["evaluated"] > 0, (day, control_id)


def test_a_finding_that_healed_is_remediated_and_stays_in_the_record(week: Week) -> None:
    """AC-01 of E1032: no factor until 07-03, enrolled that afternoon."""
    with duckdb.connect(str(week.settings.published_file), read_only=True) as published:
        found = published.execute(
            "select state, cast(first_seen_at as date), cast(remediated_at as date) from fct_exception "
            "where control_id = 'AC-01' and entity_key = 'okta|00uacme00000000E1032' and code = 'NO_ACTIVE_FACTOR'"
        ).fetchall()
    assert found == [("remediated", date(2026, 7, 1), date(2026, 7, 4))]


def test_the_published_file_holds_the_week(week: Week) -> None:
    with duckdb.connect(str(week.settings.published_file), read_only=True) as published:
        days = published.execute("select distinct logical_date from fct_control_run order by 1").fetchall()
        assert [day for (day,) in days] == DAYS
        for table in ("dim_control", "fct_control_row", "fct_exception_event", "fct_coverage_day", "fct_extract_run"):
            [[count]] = published.execute(f"select count(*) from {table}").fetchall()
            assert count > 0, table


def test_every_published_column_is_documented(week: Week) -> None:
    manifest = json.loads((week.settings.dbt_target / "manifest.json").read_text())
    models = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    with duckdb.connect(str(week.settings.published_file), read_only=True) as published:
        columns = published.execute(
            "select table_name, column_name from information_schema.columns where table_schema = 'main'"
        ).fetchall()
    assert columns
    vague = {table for table, _ in columns if "grain:" not in models[table]["description"].lower()}
    assert vague == set(), "a table's description ends with its grain"
    silent = [
        (table, column)
        for table, column in columns
        if not models[table]["description"] or not models[table]["columns"].get(column, {}).get("description")
    ]
    assert silent == []


def test_every_past_verdict_comes_again_from_the_landing_zone_alone(
    week: Week, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home with nothing but the landing zone of the first days: the ledger that a rebuild makes equals the one that
    was lost, byte for byte, and is the beginning of the week's chain. Two nights bring in both kinds of day: a first
    one and one that finds its state; all of them would cost as much as the week itself.
    """
    other = tmp_path_factory.mktemp("rebuilt")
    shutil.copytree(week.settings.home / "landing", other / "landing")
    for later in DAYS[REBUILT:]:
        for folder in [*(other / "landing").rglob(f"day={later}")]:
            shutil.rmtree(folder)
    monkeypatch.setenv("SOC2_HOME", str(other))
    settings_module.settings.cache_clear()
    rebuilt = from_environment()
    assert rebuild.run(rebuilt) == 0
    files = [path for day in DAYS[:REBUILT] for path in sorted((week.settings.ledger / f"day={day}").rglob("*.jsonl"))]
    assert len(files) > REBUILT
    for path in files:
        again = rebuilt.ledger / path.relative_to(week.settings.ledger)
        assert again.read_bytes() == path.read_bytes(), path.relative_to(week.settings.ledger)
    chain = (rebuilt.ledger / "chain.jsonl").read_bytes()
    assert chain and (week.settings.ledger / "chain.jsonl").read_bytes().startswith(chain)
    assert rebuilt.published_file.exists()
    settings_module.settings.cache_clear()
