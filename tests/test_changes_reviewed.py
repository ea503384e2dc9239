"""Nights that count as evidence, judged by versions of the tests that were reviewed, and by some that were not.

Every night of the sandbox company is for show, and EV-07 leaves it out. Here the environment is another, the commit is
one of the sandbox's own repository acme/infra, and between the nights people move parameters and take a check away.
"""

from __future__ import annotations

import io
import json
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from soc2_warehouse import facts, ledger, nightly, rebuild, selection, simulate, tasks
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.github.world import World
from soc2_warehouse.sandbox.serve import FIRST_DAY, Sandbox
from soc2_warehouse.settings import Settings

pytestmark = pytest.mark.slow(minutes=3)

CHOSEN = selection.Selection(("AV-01", "CM-03", "EV-07", "VM-03"), ("github", "hris", "okta", "registers"))
FIRST, CHANGED, UNREVIEWED, LAST = (FIRST_DAY + timedelta(days=number) for number in range(4))
#: Pull requests of acme/infra, merged before the first night: one approved, one by an account that is nobody's.
APPROVED, NOT_APPROVED = 118, 111


def commit(number: int) -> str:
    """The commit that merging a pull request made."""
    pulls = World(Company()).repos["infra"].pulls(datetime(2026, 7, 1, 2, tzinfo=UTC))
    [found] = [str(pull.merge_sha) for pull in pulls if pull.number == number]
    return found


VERSIONS = {
    FIRST: (commit(APPROVED), False),
    CHANGED: (commit(APPROVED), False),
    UNREVIEWED: (f"{commit(NOT_APPROVED)}+0123456789abcdef", True),
    LAST: (commit(APPROVED), False),
}


@pytest.fixture(scope="module")
def nights(own_project: Settings) -> Settings:
    simulate.limit(own_project, CHOSEN)
    with (
        Sandbox(own_project, FIRST, sources=CHOSEN.sources) as sandbox,
        sandbox.as_environment(),
        pytest.MonkeyPatch.context() as patch,
    ):
        for day, version in VERSIONS.items():
            sandbox.set_day(day)
            if day == CHANGED:
                change(own_project, sandbox.registers)
            patch.setattr(facts, "code_version", lambda version=version: version)
            with nightly.within(tasks.Circumstances(sandbox.clock, "staging", "test")):
                assert simulate.fetch(day, CHOSEN.sources) == {}
                tasks.load(day)
                tasks.evaluate(day, marts_follow=day == LAST)
                tasks.judge(day, docs=False)
        tasks.publish(LAST)
    return own_project


def change(home: Settings, checkout: Path) -> None:
    """Two figures looser, one of them approved by who answers for the platform's controls, and a check less."""
    parameters, approvals = (checkout / "registers" / name for name in ("parameters.yml", "parameter_approvals.csv"))
    parameters.write_text(parameters.read_text() + "VM-03:\n  new_vendor_grace_days: 5\nAV-01:\n  report_due_days: 7\n")
    approved = "AV-01,report_due_days,5,7,E1009,E1007,2026-07-01T12:00:00Z,The status page is late in summer\n"
    approvals.write_text(approvals.read_text() + approved)
    who = ("-c", "user.name=Omar", "-c", "user.email=omar@acme.example")
    command = ("git", *who, "commit", "--quiet", "--all", "--message=More time")
    subprocess.run(command, cwd=checkout, check=True)
    [file] = (home.dbt_project / "models" / "controls").rglob("ctl_cm_03__merges*.yml")
    text = file.read_text()
    assert ", commits_read, " in text
    file.write_text(text.replace(", commits_read, ", ", "))


def judged(settings: Settings, day: date) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """EV-07's run of a night, and its rows by control (or ``code``) and first day of the version."""
    folder = next((settings.ledger / f"day={day}").glob("run=*"))
    [run] = [line for line in ledger.read_lines(folder / ledger.RUNS) if line["control_id"] == "EV-07"]
    rows = [line for line in ledger.read_lines(folder / ledger.ROWS) if line["control_id"] == "EV-07"]
    return run, {f"{row['evidence']['control_id'] or 'code'} {row['evidence']['first_run_on']}": row for row in rows}


def codes(rows: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    assert {row["result"] for row in rows.values()} <= {"pass", "exception"}
    return {key: row["codes"] for key, row in rows.items() if row["result"] == "exception"}


def test_the_first_night_has_nothing_to_judge(nights: Settings) -> None:
    run, rows = judged(nights, FIRST)
    assert (run["status"], run["reason"], rows) == ("not_tested", "ZERO_POPULATION", {})
    assert run["parameters"]["evidence_repository"] == "acme/infra"
    assert run["expectation_count"] == 7


def test_a_reviewed_version_passes(nights: Settings) -> None:
    run, rows = judged(nights, CHANGED)
    assert run["status"] == "pass", run["detail"]
    assert rows.keys() == {f"{control} {FIRST}" for control in ("code", *CHOSEN.controls)}
    code = rows.pop(f"code {FIRST}")["evidence"]
    assert (code["pr_number"], code["code_sha"], code["runs"]) == (APPROVED, commit(APPROVED), len(CHOSEN.controls))
    assert {row["evidence"]["change"] for row in rows.values()} == {"first judgement"}


def test_a_looser_figure_and_a_smaller_suite_are_found_and_an_approved_figure_is_not(nights: Settings) -> None:
    run, rows = judged(nights, UNREVIEWED)
    assert (run["status"], run["incomplete"]) == ("fail", False)
    assert codes(rows) == {f"VM-03 {CHANGED}": ["PARAMETER_LOOSENED"], f"CM-03 {CHANGED}": ["EXPECTATION_REMOVED"]}
    assert {key: row["evidence"]["change"] for key, row in rows.items() if key.endswith(str(CHANGED))} == {
        f"AV-01 {CHANGED}": "parameters: report_due_days 5 to 7 (looser, approved by E1007)",
        f"CM-03 {CHANGED}": "declaration; expectations 10 to 9",
        f"VM-03 {CHANGED}": "parameters: new_vendor_grace_days 0 to 5 (looser, approved by nobody)",
    }
    # What did not change goes on under its first judgement, and nights without a change add no row.
    assert rows[f"EV-07 {FIRST}"]["evidence"]["runs"] == 2
    assert rows[f"code {FIRST}"]["evidence"]["runs"] == 2 * len(CHOSEN.controls)


def test_an_unreviewed_commit_with_changes_beside_it_is_both(nights: Settings) -> None:
    run, rows = judged(nights, LAST)
    assert run["status"] == "fail"
    assert codes(rows) == {
        f"VM-03 {CHANGED}": ["PARAMETER_LOOSENED"],
        f"CM-03 {CHANGED}": ["EXPECTATION_REMOVED"],
        f"code {UNREVIEWED}": ["UNREVIEWED_VERSION", "DIRTY_RUN"],
    }
    code = rows[f"code {UNREVIEWED}"]
    assert code["evidence"]["pr_number"] == NOT_APPROVED and str(NOT_APPROVED) in code["reason"]


def test_readers_see_what_judged(nights: Settings) -> None:
    with duckdb.connect(str(nights.published_file), read_only=True) as published:
        found = published.execute(
            "select logical_date, parameters, expectation_count from fct_control_run "
            "where control_id = 'VM-03' order by 1"
        ).fetchall()
    grace = [(day, json.loads(text)["new_vendor_grace_days"], count) for day, text, count in found]
    assert [(day, days) for day, days, _ in grace] == [(FIRST, 0), (CHANGED, 5), (UNREVIEWED, 5), (LAST, 5)]
    assert len({count for _, _, count in grace}) == 1


def test_another_version_makes_the_same_nights_again(nights: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The versions of the nights are what is judged, not that of who judges them again."""
    monkeypatch.setattr(facts, "code_version", lambda: ("files:0000000000000000", True))
    out = io.StringIO()
    assert rebuild.run(nights, publish_after=False, output=out) == 0, out.getvalue()
    assert f"{len(VERSIONS)} judgements made again, 0 different" in out.getvalue()
