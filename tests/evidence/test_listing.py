"""Exceptions in the terminal: what stands, what is late, and what each decision of the register does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from soc2_warehouse import ledger
from soc2_warehouse.cli import app
from soc2_warehouse.evidence.exceptions import exception_id
from soc2_warehouse.settings import Settings

START = datetime(2026, 7, 1, 2, tzinfo=UTC)


def soc2(*options: str) -> Result:
    return CliRunner().invoke(app, ["exceptions", *options], env={"COLUMNS": "200"})


def night(home: Settings, number: int, failing: dict[str, str], decisions: list[dict[str, Any]]) -> None:
    """A judgement of AC-03 with two accounts. failing: entity → code."""
    as_of = START + timedelta(days=number)
    run = {
        "control_id": "AC-03",
        "run_id": f"judge-{number}",
        "logical_date": as_of.date(),
        "as_of": as_of,
        "started_at": as_of,
        "evaluated_ok": True,
        "mode": "snapshot",
        "complete": True,
        "deviation_severities": {"STALE": "critical", "OTHER": "low"},
    }
    rows = [
        {
            "control_id": "AC-03",
            "entity_key": key,
            "entity_name": key,
            "owner_key": None,
            "result": "exception" if key in failing else "pass",
            "codes": [failing[key]] if key in failing else [],
            "reason": "r",
            "evidence": {},
        }
        for key in ("u1", "u2", "u3")
    ]
    with ledger.entry(home.ledger, as_of.date(), f"judge-{number}") as folder:
        ledger.write_lines(folder / ledger.RUNS, [run])
        ledger.write_lines(folder / ledger.ROWS, rows)
        ledger.write_lines(folder / ledger.DECISIONS, decisions)


def decision(key: str, code: str = "STALE", **changes: Any) -> dict[str, Any]:
    return {
        "exception_id": exception_id("AC-03", key, code),
        "decision": "accepted",
        "decided_by": "E1",
        "owner_id": "E2",
        "reason": f"about {key}",
        "compensating_control": "c",
        "decided_at": START,
        "expires_at": START + timedelta(days=30),
        "evidence_uri": None,
        "rule_fix_ref": None,
        "refused": None,
    } | changes


@pytest.fixture
def weeks(home: Settings) -> Settings:
    """u1 has been failing for nine days, u2 for one, u3 was repaired; u2 is accepted."""
    decisions = [
        decision("u2", "OTHER"),
        decision("u3"),
        decision("u1", expires_at=START + timedelta(days=5)),
        decision("u1", refused="the approver owns the exception", reason="mine"),
    ]
    night(home, 0, {"u1": "STALE", "u3": "STALE"}, [])
    night(home, 9, {"u1": "STALE", "u2": "OTHER"}, decisions)
    return home


def test_what_stands_is_listed_gravest_first(weeks: Settings) -> None:
    told = soc2().output
    assert told.index("u1") < told.index("u2") and "2026-07-08 overdue" in told
    assert "2 of 2 shown as of 2026-07-10 02:00 UTC; 1 not asked for" in told
    assert "accepted" in next(line for line in told.splitlines() if " u2 " in line)


def test_what_each_decision_does(weeks: Settings) -> None:
    told = soc2().output
    assert "about u2: in force until 2026-07-31" in told
    assert "about u3: nothing left to decide: withdraw it" in told
    assert "about u1: ended" in told
    assert "mine: no effect: the approver owns the exception" in told


def test_filters(weeks: Settings) -> None:
    assert "1 of 1 shown" in soc2("--overdue").output
    assert "1 of 1 shown" in soc2("--state", "remediated").output
    assert "0 of 0 shown" in soc2("--control", "AC-01").output
    assert "1 of 2 shown" in soc2("--limit", "1").output


def test_nothing_is_judged(home: Settings) -> None:
    told = soc2()
    assert told.exit_code == 1 and "run a night first" in told.output
