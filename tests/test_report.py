"""What people read: verdicts, costs and the strip of nights, in a log as on a terminal."""

from __future__ import annotations

import io
from datetime import date, timedelta

from soc2_warehouse import report
from soc2_warehouse.report import Line
from soc2_warehouse.steps import Step

DAY = date(2026, 7, 1)


def text_of(write: object, *arguments: object) -> str:
    stream = io.StringIO()
    write(report.console(stream), *arguments)  # type: ignore[operator]
    return stream.getvalue()


def test_every_control_is_told_with_its_counts_and_why() -> None:
    told = text_of(
        report.verdicts,
        DAY,
        [
            Line("AC-03", "fail", 1234, 7, "7 STALE"),
            Line("AC-01", "pass", 56, 0),
            Line("CM-01", "not_tested", 0, 2, "STALE: github.pull_requests is stale"),
        ],
        {"AC-03": "Stale accounts are disabled"},
    )
    rows = [line.split() for line in told.splitlines() if line.strip().startswith(("AC-", "CM-"))]
    assert [row[0] for row in rows] == ["AC-01", "AC-03", "CM-01"]
    assert rows[1][1:5] == ["✗", "FAIL", "1,234", "7"]
    assert "Stale accounts are disabled" in told
    assert "STALE: github.pull_requests is stale" in " ".join(told.split())
    assert "3 controls: 1 pass, 1 fail, 1 not tested." in told
    assert "\x1b" not in told


def test_a_step_is_one_line_and_a_failed_one_says_why() -> None:
    stream = io.StringIO()
    tally = report.Tally(report.console(stream))
    tally(Step("extract", "okta"))
    tally(Step("extract", "okta", "failed", 1.5, "SourceUnreadable: [503] okta.users", {"api_calls": 4}))
    tally(Step("extract", "okta", "done", 2.5, "7 tables", {"api_calls": 6}))
    tally(Step("load", state="waiting", note="another run is writing here"))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert "✗ extract okta" in lines[0]
    assert "[503] okta.users" in lines[0]
    assert tally.failed() == {}
    assert tally.calls() == {"okta": 10}
    assert tally.seconds("extract") == 4.0


def test_the_strip_has_one_glyph_a_night() -> None:
    days = [DAY + timedelta(days=number) for number in range(4)]
    told = text_of(report.period, days, {"AC-01": dict(zip(days, ("pass", "fail", "not_tested"), strict=False))})
    assert "AC-01   ●✗○·" in told


def test_a_long_period_is_broken_into_strips() -> None:
    days = [DAY + timedelta(days=number) for number in range(200)]
    told = text_of(report.period, days, {"AC-01": dict.fromkeys(days, "pass")})
    assert sum(line.count("●") - 1 for line in told.splitlines() if line.startswith("AC-01")) == 200


def test_costs_name_calls_per_source_and_memory() -> None:
    told = text_of(report.costs, {"total": 61.2, "dbt": 20.0}, {"okta": 1200, "hris": 3})
    assert "total 61.2 s · dbt 20.0 s" in told
    assert "1,203: hris 3, okta 1,200" in told
    assert "MiB" in told
