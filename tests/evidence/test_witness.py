"""The end of a night: sealed whatever happened before, at the cost of the night, and told only when not in order."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from rich.console import Console

from soc2_warehouse import chain, judge, report, steps, tasks
from soc2_warehouse.evidence import seals, verify_evidence, witness
from soc2_warehouse.evidence.home import Home
from soc2_warehouse.judge import Judged, Judgement
from soc2_warehouse.settings import Settings
from soc2_warehouse.verdict import Status

from . import conftest as world
from .conftest import FIRST, moment, night, nights

SECOND = FIRST + timedelta(days=1)


def verified(settings: Settings) -> verify_evidence.Result:
    return verify_evidence.verify(Home(settings))


def crash(monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> None:
    def die(*arguments: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(where, name, die)


@pytest.mark.parametrize(
    ("where", "name"),
    [(chain, "append_judgement"), (witness, "conclude"), (seals, "_write")],
    ids=["before the chain", "before the seal", "in the seal"],
)
def test_a_night_that_was_killed_is_sealed_by_the_next(
    home: Settings, monkeypatch: pytest.MonkeyPatch, where: Any, name: str
) -> None:
    nights(home, 1)
    with monkeypatch.context() as patch:
        crash(patch, where, name)
        with pytest.raises(KeyboardInterrupt):
            night(home, SECOND)
    third = SECOND + timedelta(days=1)
    witness.resume(home, third, moment(third))
    found = verified(home)
    assert found.problems == [] and found.seals[2].last_seq == 20
    assert night(home, third) == []
    assert verified(home).problems == []


def test_an_older_judgement_is_not_slipped_in(home: Settings) -> None:
    nights(home, 3)
    record = Home(home).read(f"landing/_judgements/day={SECOND}/judge-{SECOND}.json")
    assert record is not None
    forged = home.home / "landing" / "_judgements" / f"day={SECOND}" / "judge-forged.json"
    forged.write_bytes(record.replace(b"judge-2026", b"forged-2026"))
    witness.resume(home, SECOND, moment(SECOND))
    found = verified(home).first
    assert found and found.file.endswith("judge-forged.json") and len(verified(home).links) == 30


def test_a_night_costs_what_the_night_has(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """No entry of the past is parsed, and no object of it is read."""
    nights(home, 4)
    parsed, read = [], []
    parse, open_ = verify_evidence.parse_entry, Home.read
    monkeypatch.setattr(verify_evidence, "parse_entry", lambda line: parsed.append(line) or parse(line))
    monkeypatch.setattr(Home, "read", lambda self, uri: read.append(uri) or open_(self, uri))
    day = FIRST + timedelta(days=4)
    witness.resume(home, day, moment(day))
    assert night(home, day) == []
    assert len(parsed) <= 10 + 6 and not [uri for uri in read if f"day={day}" not in uri]
    assert verified(home).seals[5].first_seq == 41


def test_a_home_that_never_sealed_is_not_sealed_on_the_way(home: Settings) -> None:
    world.land(home, "users", FIRST)
    world.judge(home, FIRST)
    witness.resume(home, SECOND, moment(SECOND))
    assert seals.numbers(home.ledger) == []
    assert verified(home).status == 0


# The night's tasks


@pytest.fixture
def judging(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[date], list[steps.Step]]:
    """tasks.judge on a judgement that is made without dbt."""
    monkeypatch.setattr(tasks, "_require", lambda day: None)

    def judged(settings: Settings, day: date, **options: Any) -> Judgement:
        world.land(settings, "users", day)
        record = world.judge(settings, day)
        return Judgement(record, (Judged("AC-01", Status.PASS, None, False, ""),), {}, settings.ledger)

    monkeypatch.setattr(judge, "judge", judged)

    def run(day: date) -> list[steps.Step]:
        seen: list[steps.Step] = []
        steps.observers.append(seen.append)
        try:
            assert tasks.judge(day) == {"AC-01": "pass"}
        finally:
            steps.observers.remove(seen.append)
        return seen

    return run


def test_each_judged_night_is_sealed(home: Settings, judging: Callable[[date], list[steps.Step]]) -> None:
    seen = judging(FIRST)
    assert seen[-1].note == "1 controls judged" and seen[-1].facts["lacks"] == []
    assert verified(home).seals[1].day == str(FIRST) and verified(home).problems == []


def test_what_the_evidence_lacks_is_one_line_of_the_summary(
    home: Settings, judging: Callable[[date], list[steps.Step]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "settings", lambda: replace(home, anchors=("git:/nowhere",)))
    stream = io.StringIO()
    tally = report.Tally(Console(file=stream, width=400))
    for step in judging(FIRST):
        tally(step)
    assert len(tally.lacks()) == 1
    stream.truncate(0)
    report.evidence(tally.console, tally.lacks())
    assert stream.getvalue().count("\n") == 1
    assert f"Evidence  not anchored at git:/nowhere since {FIRST}: " in stream.getvalue()
    stream.truncate(0)
    report.evidence(tally.console, [])
    assert stream.getvalue().strip("\0") == ""


# What is made again


def test_a_replay_knows_the_anchors_that_its_night_knew(
    home: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    nights(home, 1)
    chain.anchor(home, "ticket 1", moment(FIRST, 60))
    night(home, SECOND)
    chain.anchor(home, "ticket 2", moment(SECOND, 60))
    known = moment(SECOND, 29)
    then = [check.external_anchor for check in chain.verify(home, known_until=known) if check.external_anchor]
    assert then == ["ticket 1"]
    scratch = replace(home, home=tmp_path_factory.mktemp("scratch"), landing_url=home.landing_url)
    chain.lend_anchors(home, scratch)
    for day in (FIRST, SECOND):
        shutil.copytree(home.ledger / f"day={day}", scratch.ledger / f"day={day}")
    shutil.copyfile(home.ledger / chain.CHAIN, scratch.ledger / chain.CHAIN)
    lines = (scratch.ledger / chain.CHAIN).read_text().splitlines(keepends=True)
    (scratch.ledger / chain.CHAIN).write_text("".join(lines[:14]))
    checks = chain.verify(scratch, known_until=known)
    assert [(c.seq, c.external_anchor, c.anchored_at) for c in checks if c.external_anchor] == [
        (10, "ticket 1", moment(FIRST, 60).replace(tzinfo=None))
    ]
    assert not [check for check in checks[:14] if check.problem]
