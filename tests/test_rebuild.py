"""Rebuilding: judgements made again are compared with the ledger, line by line."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from soc2_warehouse import chain, ledger, rebuild
from soc2_warehouse.judgements import Record
from soc2_warehouse.landing import Landing
from soc2_warehouse.settings import Settings

D0 = date(2026, 7, 1)
Write = Callable[[Settings, Record], None]


def record(number: int) -> Record:
    moment = datetime(2026, 7, 1, 3, tzinfo=UTC) + timedelta(days=number)
    day = D0 + timedelta(days=number)
    return Record(f"judge-{number}", day, moment - timedelta(hours=1), moment, moment, "schedule", "demo")


class World:
    """What judging any night gives: a pass of one control with two rows, unless a test changes it."""

    def __init__(self) -> None:
        self.run: dict[str, Any] = {
            "status": "pass",
            "reason": None,
            "population_count": 2,
            "code_sha": "a",
            "dirty": False,
        }
        self.row: dict[str, Any] = {"result": "pass", "codes": [], "reason": "fine", "evidence": {"days": 3}}
        self.keys = ["k1", "k2"]
        self.only_on: date | None = None
        self.replayed: list[str] = []

    def judge(self, settings: Settings, made: Record) -> None:
        """In place of load, evaluate and judge."""
        world = self if self.only_on in (None, made.logical_date) else World()
        self.replayed.append(made.run_id)
        with ledger.entry(settings.ledger, made.logical_date, made.run_id) as folder:
            ledger.write_lines(
                folder / ledger.RUNS,
                [world.run | {"control_id": "AC-03", "run_id": made.run_id, "started_at": made.started_at}],
            )
            rows = [{"control_id": "AC-03", "entity_key": key, **world.row} for key in world.keys]
            ledger.write_lines(folder / ledger.ROWS, rows)
            ledger.write_timings(folder, made.started_at, datetime.now(UTC), {})
        target = settings.ledger / f"day={made.logical_date}" / f"run={made.run_id}"
        chain.append_judgement(settings, target, made.uri, made.started_at)
        settings.build_file.parent.mkdir(parents=True, exist_ok=True)
        settings.build_file.write_text("a database")
        settings.dbt_target.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def world(home: Settings, monkeypatch: pytest.MonkeyPatch) -> World:
    """Three nights, landed and judged; from now on `replay` judges again what the test left of the world."""
    past = World()
    for number in (0, 1, 2):
        made = record(number)
        Landing(home.landing_url).create(made.uri, made.to_json())
        past.judge(home, made)
    home.build_file.unlink()
    again = World()
    monkeypatch.setattr(rebuild, "replay", again.judge)
    return again


def run(settings: Settings, **options: Any) -> tuple[int, str]:
    out = io.StringIO()
    status = rebuild.run(replace(settings), publish_after=False, output=out, **options)
    return status, out.getvalue()


def content(settings: Settings) -> dict[str, bytes]:
    files = [path for path in settings.ledger.rglob("*") if path.is_file() and path.name[0] != "_"]
    return {path.relative_to(settings.ledger).as_posix(): path.read_bytes() for path in files}


def test_the_same_again_is_equal(home: Settings, world: World) -> None:
    before = content(home)
    status, said = run(home)
    assert status == 0
    assert said.count("equal") == 3 and "3 judgements made again, 0 different" in said
    assert world.replayed == ["judge-0", "judge-1", "judge-2"]
    assert content(home) == before
    assert home.build_file.exists(), "the rebuilt warehouse is the cache now"
    assert not list(home.home.glob(".rebuild-*"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda w: w.run.update(status="fail"), "AC-03: status was 'pass', is 'fail'"),
        (lambda w: w.run.update(reason="PARTIAL"), "AC-03: reason was None, is 'PARTIAL'"),
        (lambda w: w.run.update(population_count=1), "AC-03: population_count was 2, is 1"),
        (lambda w: w.row.update(result="exception"), "AC-03 k1 row: result was 'pass', is 'exception'"),
        (lambda w: w.row.update(evidence={"days": 4}), "AC-03 k1 row: evidence was {'days': 3}, is {'days': 4}"),
        (lambda w: w.keys.remove("k2"), "AC-03 k2 row: in the ledger, but not made again"),
        (lambda w: w.keys.append("k3"), "AC-03 k3 row: made again, but not in the ledger"),
    ],
)
def test_any_difference_is_told_and_nothing_is_overwritten(
    home: Settings, world: World, change: Callable[[World], None], says: str
) -> None:
    change(world)
    world.only_on = D0 + timedelta(days=1)
    before = content(home)
    status, said = run(home)
    assert status == 1
    assert says in said and said.count("DIFFERENT") == 1 and said.count("equal") == 2
    assert content(home) == before and not home.build_file.exists()


def test_an_altered_ledger_is_found(home: Settings, world: World) -> None:
    file = home.ledger / f"day={D0}" / "run=judge-0" / ledger.RUNS
    line = json.loads(file.read_text())
    file.write_text(json.dumps(line | {"status": "fail"}) + "\n")
    status, said = run(home)
    assert status == 1 and "AC-03: status was 'fail', is 'pass'" in said


def test_a_judgement_that_nobody_recorded_is_found(home: Settings, world: World) -> None:
    forged = record(7)
    Landing(home.landing_url).create(forged.uri, forged.to_json())
    World().judge(home, forged)
    (Path(home.landing_url) / forged.uri).unlink()
    status, said = run(home)
    assert status == 1 and "judge-7  DIFFERENT  in the ledger, but never recorded" in said


def test_evidence_is_compared_only_between_equal_versions_of_the_code(home: Settings, world: World) -> None:
    world.run["code_sha"] = "b"
    world.row["evidence"] = {"days": 3, "added": True}
    status, said = run(home)
    assert status == 0 and said.count("another version of the code") == 3


def test_what_is_made_again_is_lent_the_versions_of_its_nights(
    home: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EV-07 judges by which code a night was judged, whatever code makes it again."""
    lent: list[Any] = []

    def judge(settings: Settings, made: Record) -> None:
        lent.append({line["run_id"]: line["code_sha"] for line in ledger.read_lines(settings.home / ledger.VERSIONS)})
        world.judge(settings, made)

    monkeypatch.setattr(rebuild, "replay", judge)
    world.run["code_sha"] = "b"
    assert run(home)[0] == 0
    assert lent == [{"judge-0": "a", "judge-1": "a", "judge-2": "a"}] * 3


def test_a_lost_ledger_is_restored_whole(home: Settings, world: World) -> None:
    before = content(home)
    for path in sorted(home.ledger.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    status, said = run(home)
    assert status == 0 and said.count("has been restored") == 3
    assert content(home) == before
    assert [check.problem for check in chain.verify(home)] == [None] * len(chain.entries(home.ledger))


def test_a_lost_judgement_is_restored(home: Settings, world: World) -> None:
    before = content(home)
    folder = home.ledger / f"day={D0}" / "run=judge-0"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert run(home)[0] == 0
    assert content(home) == before


def test_only_some_days_are_compared_but_all_are_replayed(home: Settings, world: World) -> None:
    world.run["status"] = "fail"
    status, said = run(home, days=[D0])
    assert status == 1 and said.count("DIFFERENT") == 1
    assert len(world.replayed) == 3


def test_nothing_to_rebuild_is_not_a_success(home: Settings) -> None:
    status, said = run(home)
    assert status == 1 and "nothing to rebuild" in said


def test_records_survive_the_landing_zone(home: Settings) -> None:
    made = record(0)
    assert Record.from_json(made.to_json()) == made
    assert made.uri == "_judgements/day=2026-07-01/judge-0.json"
    assert str(Path(home.home)) not in made.to_json().decode()
