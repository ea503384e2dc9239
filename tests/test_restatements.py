"""What came after a judgement appends a version with its reason; nothing past is touched, nothing is told twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from soc2_warehouse import ledger, restatements, warehouse
from soc2_warehouse.cli import app
from soc2_warehouse.landing import Landing
from soc2_warehouse.receipts import Receipt
from soc2_warehouse.restatements import Restatement
from soc2_warehouse.settings import Settings
from soc2_warehouse.sources import Envelope

FIRST, SECOND, THIRD = (date(2026, 7, number) for number in (1, 2, 3))
LOG, USERS, TASKS = ("okta", "system_log", "event"), ("okta", "users", "snapshot"), ("deploys", "deployments", "event")
VISITS = ("registers", "access_reviews", "register")


def at(day: date, hour: int = 2, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def land(
    home: Settings,
    table: tuple[str, str, str],
    day: date,
    records: Sequence[dict[str, Any]],
    finished: datetime | None = None,
    since: datetime | None = None,
    reason: str = "",
    status: str = "complete",
) -> Receipt:
    source, name, kind = table
    landing, end = Landing(home.landing_url), finished or at(day)
    run_id = f"{source}.{name}-{end:%Y%m%dT%H%M%S}"
    envelopes = [(Envelope(record, {"commit": f"{end}"} if kind == "register" else None), end) for record in records]
    uri, sha256, size, counts = landing.write_records(source, name, day, run_id, envelopes)
    receipt = Receipt(
        run_id=run_id,
        source=source,
        table_name=name,
        kind=kind,
        logical_date=day,
        status=status,
        collection_method="api",
        started_at=end,
        finished_at=end,
        query="q",
        window_start=(since or end - timedelta(hours=30)) if kind == "event" else None,
        window_end=end if kind == "event" else None,
        rows=counts["rows"],
        sha256=sha256,
        size_bytes=size,
        object_uri=uri,
        reason=reason,
    )
    landing.write_receipt(receipt)
    return receipt


def judge(home: Settings, day: date, when: datetime | None = None) -> list[Restatement]:
    """Load and judge a day as far as restatements are concerned; what the judgement lists new."""
    when = when or at(day, 2, 30)
    warehouse.load(home, day, when)
    with warehouse.connect(home) as connection:
        found = restatements.note(connection, home, day)
        known = connection.execute("select max(finished_at) from raw_meta.extract_runs").fetchone()
        run_id = f"judge-{when:%Y%m%dT%H%M}"
        lines = restatements.fresh_of(connection, run_id)
    assert known is not None
    with ledger.entry(home.ledger, day, run_id) as folder:
        run = {
            "run_id": run_id,
            "control_id": "AC-01",
            "logical_date": day,
            "started_at": when,
            "known_until": known[0],
        }
        ledger.write_lines(folder / ledger.RUNS, [run])
        ledger.write_lines(folder / ledger.RESTATEMENTS, lines)
    assert [line["found_run_id"] for line in lines] == [run_id] * len(found)
    return found


def told(found: Sequence[Restatement]) -> list[tuple[Any, ...]]:
    return [
        (one.source_id, one.day, one.last_day, one.reason, one.rows_added, one.rows_changed, one.rows_removed)
        for one in found
    ]


def event(uuid: str, when: datetime, **more: Any) -> dict[str, Any]:
    return {"uuid": uuid, "published": when.isoformat(), **more}


def test_a_night_like_any_other_lists_nothing(home: Settings) -> None:
    for day in (FIRST, SECOND, THIRD):
        land(home, USERS, day, [{"id": "1", "seen": str(day)}])
        land(home, LOG, day, [event(f"e{day}", at(day, 1))])
        assert judge(home, day) == []


def test_a_day_landed_again_with_other_content_is_restated_and_told_once(home: Settings) -> None:
    land(home, USERS, FIRST, [{"id": "1", "name": "a"}, {"id": "2"}, {"id": "3"}])
    land(home, TASKS, FIRST, [{"id": 1}, {"id": 2}])
    judge(home, FIRST)
    judged = {path: path.read_bytes() for path in home.ledger.rglob("*.jsonl")}
    land(
        home, USERS, FIRST, [{"id": "1", "name": "b"}, {"id": "2"}, {"id": "4"}], at(FIRST, 9), reason="typo at source"
    )
    land(home, TASKS, FIRST, [{"id": 1}, {"id": 2}, {"id": 3}], at(FIRST, 9))
    land(home, USERS, SECOND, [{"id": "1"}])
    [tasks, users] = judge(home, SECOND)
    assert told([tasks, users]) == [
        ("deploys.deployments", FIRST, FIRST, "restated", 1, 0, 0),
        ("okta.users", FIRST, FIRST, "restated", 1, 1, 1),
    ]
    assert (users.note, users.rows_before, users.rows) == ("typo at source", 3, 3)
    assert users.run_id_before == "okta.users-20260701T020000"
    land(home, USERS, THIRD, [{"id": "1"}])
    assert judge(home, THIRD) == []
    assert {path: path.read_bytes() for path in judged} == judged


def test_what_comes_again_the_same_is_a_rerun(home: Settings) -> None:
    land(home, USERS, FIRST, [{"id": "1"}])
    judge(home, FIRST)
    land(home, USERS, FIRST, [{"id": "1"}], at(FIRST, 9))
    assert told(judge(home, FIRST, at(FIRST, 10))) == [("okta.users", FIRST, FIRST, "rerun", 0, 0, 0)]


def test_an_extract_that_does_not_count_restates_nothing(home: Settings) -> None:
    land(home, USERS, FIRST, [{"id": "1"}])
    judge(home, FIRST)
    land(home, USERS, FIRST, [{"id": "9"}], at(FIRST, 9), status="partial")
    land(home, USERS, FIRST, [], at(FIRST, 10), status="incomplete")
    assert judge(home, SECOND) == []


def test_what_was_not_there_in_time_is_late(home: Settings) -> None:
    """Its day was judged without it, and so was every day since."""
    land(home, USERS, FIRST, [{"id": "1"}])
    judge(home, FIRST)
    land(home, USERS, SECOND, [{"id": "1"}])
    judge(home, SECOND)
    wanted = [event("a", at(FIRST, 1)), event("b", at(SECOND, 1))]
    land(home, LOG, FIRST, wanted, at(SECOND, 11), reason="the provider was down")
    [late] = judge(home, THIRD)
    # The second event had not happened when the first day was judged.
    assert told([late]) == [("okta.system_log", FIRST, SECOND, "late", 1, 0, 0)]
    assert (late.run_id_before, late.note) == (None, "the provider was down")


@pytest.mark.parametrize(("when", "expected"), [(at(FIRST, 1), FIRST), (at(FIRST, 23), SECOND)])
def test_an_event_that_arrives_after_its_day_was_judged_is_late(home: Settings, when: datetime, expected: date) -> None:
    land(home, LOG, FIRST, [event("a", at(FIRST, 0))])
    judge(home, FIRST)
    land(home, LOG, SECOND, [event("b", at(SECOND, 1))])
    judge(home, SECOND)
    repeated = [event("b", at(SECOND, 1)), event("c", at(THIRD, 1))]
    land(home, LOG, THIRD, [*repeated, event("late", when)], since=at(FIRST, 0))
    assert told(judge(home, THIRD)) == [("okta.system_log", expected, SECOND, "late", 1, 0, 0)]


def review(review_id: str, completed: datetime | None, **more: Any) -> dict[str, Any]:
    return {"review_id": review_id, "completed_at": completed.isoformat() if completed else None, **more}


def test_register_lines_that_are_dated_back_or_rewritten(home: Settings) -> None:
    long_ago = at(date(2026, 6, 1))
    before = [
        review("done", long_ago, reviewer_id="E1"),
        review("gone", long_ago),
        review("open", None),
        review("slow", None),
    ]
    land(home, VISITS, FIRST, before)
    judge(home, FIRST)
    now = [
        review("done", long_ago, reviewer_id="E2"),
        review("open", at(FIRST, 15)),
        review("slow", at(FIRST, 1)),
        review("new", at(FIRST, 14)),
        review("back", at(date(2026, 6, 30))),
    ]
    land(home, VISITS, SECOND, now)
    # `open` was completed and `new` written after the day that is judged: nothing is late about them.
    assert told(judge(home, SECOND)) == [
        ("registers.access_reviews", FIRST, FIRST, "late", 1, 1, 0),
        ("registers.access_reviews", FIRST, FIRST, "restated", 0, 1, 1),
    ]
    land(home, VISITS, THIRD, now)
    assert judge(home, THIRD) == []


def test_the_receipt_keeps_why_a_person_landed_it_again(home: Settings, tmp_path: Path) -> None:
    file = tmp_path / "statements.jsonl"
    file.write_text('{"event_id": "st-1"}\n')
    command = ["land", "db_audit", "statements", str(file), "--kind", "event", "--date", str(FIRST)]
    done = CliRunner().invoke(app, [*command, "--reason", "the exporter had stopped"])
    assert done.exit_code == 0, done.output
    [receipt] = Landing(home.landing_url).receipts(day=FIRST)
    assert receipt.reason == "the exporter had stopped"
    assert Receipt.from_json(receipt.to_json()) == receipt
