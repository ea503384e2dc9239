"""Nights under an engagement of two categories: what is not in scope is judged as that, and counts for nothing."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from soc2_warehouse import ledger, nightly, selection, simulate, tasks
from soc2_warehouse import settings as settings_module
from soc2_warehouse.sandbox.serve import FIRST_DAY, Sandbox
from soc2_warehouse.settings import Settings, from_environment

pytestmark = pytest.mark.slow(minutes=1)

#: Security and availability are in scope of the engagement of payments, the other three categories are not.
INSIDE, OUTSIDE = ("AV-01", "GOV-03", "VM-03"), ("PI-02", "PR-05")
CHOSEN = selection.Selection((*INSIDE, *OUTSIDE), ("deploys", "github", "hris", "registers"))
FIVE, TWO = FIRST_DAY, date(2026, 7, 3)


def leave_the_engagement_of_two(sandbox: Sandbox) -> None:
    """Somebody moves the others years ahead: the report on payments is the next to come.

    They stay in the register: a source that loses most of its rows overnight is not believed.
    """
    file = sandbox.registers / "registers" / "engagement.csv"
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        if row["engagement_id"] != "ENG-PAY-T1":
            later = ("2029-06-30", "", "") if row["report_type"] == "type_1" else ("", "2029-01-01", "2029-12-31")
            row["as_of_date"], row["window_start"], row["window_end"] = later
    with file.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    who = ("-c", "user.name=Noor", "-c", "user.email=noor@acme.example")
    commit = ("git", *who, "commit", "--quiet", "--all", "--message=Only the report on payments")
    subprocess.run(commit, cwd=sandbox.registers, check=True)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """One night under five categories, one under two."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOC2_HOME", str(tmp_path_factory.mktemp("scope") / "home"))
        settings_module.settings.cache_clear()
        home = from_environment()
        simulate.limit(home, CHOSEN)
        with Sandbox(home, FIVE, sources=CHOSEN.sources) as sandbox, sandbox.as_environment():
            simulate.night(sandbox, FIVE, is_last=False, sources=CHOSEN.sources)
            sandbox.set_day(TWO)
            leave_the_engagement_of_two(sandbox)
            simulate.night(sandbox, TWO, sources=CHOSEN.sources)
            with nightly.within(tasks.Circumstances(sandbox.clock, "demo", "test")):
                tasks.publish(TWO)
        yield home
    settings_module.settings.cache_clear()


@pytest.fixture(scope="module")
def runs(nights: Settings) -> dict[tuple[date, str], dict[str, Any]]:
    found = {}
    for run in ledger.runs(nights.ledger):
        for line in (run.folder / ledger.RUNS).read_text().splitlines():
            control = json.loads(line)
            found[run.day, control["control_id"]] = control
    return found


@pytest.mark.parametrize("control_id", OUTSIDE)
def test_what_is_outside_is_not_tested_and_says_why(
    runs: dict[tuple[date, str], dict[str, Any]], control_id: str
) -> None:
    assert runs[FIVE, control_id]["reason"] != "OUT_OF_SCOPE"
    assert (runs[TWO, control_id]["status"], runs[TWO, control_id]["reason"]) == ("not_tested", "OUT_OF_SCOPE")


def test_what_is_inside_is_judged_as_ever(runs: dict[tuple[date, str], dict[str, Any]]) -> None:
    assert {runs[TWO, control_id]["reason"] for control_id in INSIDE} <= {None, "NO_OCCURRENCE", "PARTIAL"}
    # What does not depend on the window finds the same.
    names = ("status", "reason", "population_count", "deviation_count")
    five, two = ([runs[day, "VM-03"][name] for name in names] for day in (FIVE, TWO))
    assert five == two and two[2] > 0


def test_the_score_counts_what_is_inside(nights: Settings) -> None:
    with duckdb.connect(str(nights.published_file), read_only=True) as published:
        told = published.execute(
            "select day, list(control_id order by control_id) filter (where is_in_scope), count(*) "
            "from fct_control_day group by day order by day"
        ).fetchall()
        [window] = published.execute(
            "select engagement_id, list(category order by category) from dim_engagement "
            "join dim_scope using (engagement_id) where in_scope group by 1"
        ).fetchall()
    assert {day: controls for day, controls, _ in told if day in (FIVE, TWO)} == {
        FIVE: sorted(CHOSEN.controls),
        TWO: sorted(INSIDE),
    }
    assert window == ("ENG-PAY-T1", ["Availability", "Security"])
