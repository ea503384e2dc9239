"""Mass events: parsed once, kept once, let go from the build file, and made again from the landing zone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from soc2_warehouse import extract, transform, warehouse
from soc2_warehouse.settings import Settings

pytestmark = pytest.mark.slow(minutes=3)

FIRST, SECOND, THIRD = date(2026, 7, 1), date(2026, 7, 2), date(2026, 7, 3)
MODELS = "stg_okta__system_log stg_aws_trail__events int_okta_events_seen int_sign_ins_failed"
Night = Callable[[date], None]


def failure(event_id: str, at: str) -> dict[str, Any]:
    return {
        "uuid": event_id,
        "published": at,
        "eventType": "user.session.start",
        "outcome": {"result": "FAILURE", "reason": "INVALID_CREDENTIALS"},
        "actor": {"id": "u1", "type": "User", "alternateId": "ann@acme.example"},
    }


def land(home: Settings, day: date, *events: dict[str, Any]) -> None:
    lines = enumerate(map(json.dumps, events), 1)
    assert extract.land_file(home, "okta", "system_log", day, lines, "log.jsonl", "event").usable


@pytest.fixture
def night(home: Settings) -> Night:
    """Load a day and run the models of mass events."""
    warehouse.load(home, FIRST)
    manifest = transform.parse(home)[0].manifest

    def run(day: date) -> None:
        warehouse.load(home, day)
        done = transform.dbt(home, ["--quiet", "run", "--select", *MODELS.split()], {"parameters": {}}, manifest)
        assert done.success, [node.message for node in done.nodes if not node.ok] or done.error

    return run


def kept(home: Settings) -> list[tuple[str, str]]:
    """(event, first day of landing) of the failed sign-ins."""
    return asked(home, "select event_id, cast(_day as varchar) from intermediate.int_sign_ins_failed order by 1")


def asked(home: Settings, question: str) -> list[tuple[Any, ...]]:
    with warehouse.connect(home, read_only=True) as connection:
        return connection.execute(question).fetchall()


def test_events_are_kept_from_night_to_night_and_follow_what_counts(home: Settings, night: Night) -> None:
    early, late = failure("e1", "2026-06-30T12:00:00Z"), failure("e2", "2026-07-01T12:00:00Z")
    land(home, FIRST, early, early)
    night(FIRST)
    assert kept(home) == [("e1", "2026-07-01")]
    assert asked(home, "select count(*) from raw_okta.system_log") == [(0,)]

    # Windows overlap: what came before stays what it is. A third event arrives a day late.
    land(home, SECOND, early, late)
    night(SECOND)
    land(home, THIRD, late, failure("e0", "2026-06-30T11:59:00Z"))
    night(THIRD)
    everything = [("e0", "2026-07-03"), ("e1", "2026-07-01"), ("e2", "2026-07-02")]
    assert kept(home) == everything
    assert asked(home, "select count(*) from intermediate.int_okta_events_seen") == [(3,)]

    # The same nights again read nothing.
    night(THIRD)
    assert kept(home) == everything
    assert asked(home, "select count(*) from staging.stg_okta__system_log") == [(6,)]

    # A replay of an earlier day forgets what came later; going on finds it again.
    night(FIRST)
    assert kept(home) == [("e1", "2026-07-01")]
    night(THIRD)
    assert kept(home) == everything

    # A second extract of a day takes the place of the first: what only the first saw is gone, the overlap stays.
    land(home, SECOND, early)
    night(THIRD)
    assert kept(home) == [("e0", "2026-07-03"), ("e1", "2026-07-01"), ("e2", "2026-07-03")]

    # Other SQL parses everything anew, from records that had left the build file.
    before = kept(home)
    warehouse.forget_staging(home)
    assert asked(home, "select count(*) from raw_okta.system_log") == [(5,)]
    night(THIRD)
    assert kept(home) == before
    assert asked(home, "select count(*) from raw_okta.system_log") == [(0,)]


def test_a_build_file_of_before_the_list_of_loaded_runs_is_loaded_again(home: Settings) -> None:
    land(home, FIRST, failure("e1", "2026-06-30T12:00:00Z"))
    warehouse.load(home, FIRST)
    with warehouse.connect(home) as connection:
        connection.execute("drop table raw_meta.loaded_runs")
    warehouse.load(home, FIRST)
    assert asked(home, "select count(*) from raw_okta.system_log") == [(1,)]


def test_nobody_else_reads_the_records_that_staging_lets_go(home: Settings) -> None:
    models = sorted((home.dbt_project / "models").rglob("*.sql"))
    letting_go = {path.stem for path in models if "keep_raw=false" in path.read_text()}
    assert letting_go == {"stg_okta__system_log", "stg_aws_trail__events"}
    for path in models:
        text = path.read_text()
        for name in letting_go - {path.stem}:
            source, table = name.removeprefix("stg_").split("__")
            assert f"('{source}', '{table}')" not in text, path
