"""What the ledger says, as a person reads it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from soc2_warehouse import ledger, results
from soc2_warehouse.settings import Settings
from soc2_warehouse.steps import PipelineBroken

DAY = date(2026, 7, 1)


def judge(home: Settings, run_id: str, minute: int, runs: list[dict[str, Any]], rows: list[dict[str, Any]]) -> Path:
    folder = home.ledger / f"day={DAY}" / f"run={run_id}"
    folder.mkdir(parents=True)
    started = f"2026-07-01T02:{minute:02}:00Z"
    ledger.write_lines(folder / ledger.RUNS, [one | {"started_at": started} for one in runs])
    ledger.write_lines(folder / ledger.ROWS, rows)
    return folder


def run(control_id: str, status: str, **more: Any) -> dict[str, Any]:
    line = {"reason": None, "incomplete": False, "detail": "", "population_count": 9, "open_exception_count": 0}
    return line | {"control_id": control_id, "status": status, "deviation_severities": {"STALE": "high"}} | more


def row(control_id: str, result: str, *codes: str) -> dict[str, Any]:
    return {"control_id": control_id, "result": result, "codes": list(codes)}


def test_the_newest_judgement_of_the_day_counts(home: Settings) -> None:
    judge(home, "b", 9, [run("AC-03", "pass")], [])
    judge(home, "a", 1, [run("AC-03", "fail")], [])
    assert [line.status for line in results.lines(DAY)] == ["pass"]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (run("AC-03", "pass"), ""),
        (
            run("AC-03", "not_tested", reason="NO_DATA", detail="okta.users is missing"),
            "NO_DATA: okta.users is missing",
        ),
        (run("AC-03", "not_tested", reason="NOT_YET_DUE", detail="population: 1 unexpected"), "NOT_YET_DUE"),
        (run("AC-03", "not_tested", reason="PARTIAL", detail="unknown: 2 unexpected"), "PARTIAL: 2 unknown"),
        (run("AC-03", "fail", detail="deviations: 2 unexpected"), "2 STALE"),
        (
            run("AC-03", "fail", incomplete=True, detail="unknown: 1 unexpected; deviations: 2 unexpected"),
            "2 STALE, incomplete: 1 unknown",
        ),
        (
            run("AC-03", "fail", incomplete=True, detail="deviations: 2 unexpected"),
            "2 STALE, incomplete: a control it builds on has findings",
        ),
    ],
)
def test_why(home: Settings, told: dict[str, Any], why: str) -> None:
    failed = told["status"] == "fail"
    rows = [row("AC-03", "exception", "STALE", "OLD"), row("AC-03", "exception", "STALE")] if failed else []
    judge(home, "a", 1, [told], [*rows, row("AC-03", "pass", "STALE"), row("AC-99", "exception", "STALE")])
    (line,) = results.lines(DAY)
    assert line.why == why
    status, sentence = results.verdict("AC-03", DAY)
    assert status == told["status"]
    assert sentence.startswith("AC-03 on 2026-07-01: ")
    assert sentence.endswith(why)


def test_nothing_evaluated_is_a_population_of_none(home: Settings) -> None:
    judge(home, "a", 1, [run("AC-03", "not_tested", reason="STALE", population_count=None)], [])
    assert results.lines(DAY)[0].population == 0


def test_a_control_or_a_day_that_was_not_judged_is_an_error(home: Settings) -> None:
    with pytest.raises(PipelineBroken, match="no judgement of 2026-07-01"):
        results.verdict("AC-03", DAY)
    judge(home, "a", 1, [run("AC-03", "pass")], [])
    with pytest.raises(PipelineBroken, match="AC-04 was not judged"):
        results.verdict("AC-04", DAY)
