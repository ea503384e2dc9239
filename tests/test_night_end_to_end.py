"""Nights as a person runs them: ``soc2 nightly`` in a process of its own, against the sandbox company over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from soc2_warehouse import ledger, tasks, transform
from soc2_warehouse.settings import Settings, from_environment

pytestmark = pytest.mark.slow(minutes=5)

COMMAND = "from soc2_warehouse.cli import main; main()"
#: The HR system refuses the token from now on.
REFUSED = (
    "from soc2_warehouse.sandbox import serve\n"
    "arrange = serve.Sandbox._arrange\n"
    "def _arrange(self):\n"
    "    arrange(self)\n"
    "    self.apps['hris'].faults.add('.*', status=401, times=10**6, body='{}')\n"
    "serve.Sandbox._arrange = _arrange\n"
)


@dataclass
class Night:
    """One finished run of the command."""

    status: int
    told: str


def soc2(home: Path, *arguments: str, before: str = "") -> Night:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "SOC2_"))}
    environment |= {"SOC2_HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = (sys.executable, "-c", f"{before}{COMMAND}", *arguments)
    done = subprocess.run(arguments, capture_output=True, text=True, env=environment, check=False, timeout=900)
    return Night(done.returncode, done.stdout + done.stderr)


def judged(home: Path, day: str) -> list[list[dict[str, Any]]]:
    """The control runs of each judgement of ``day``, in the order they were made."""
    found = [run for run in ledger.runs(home / "ledger") if str(run.day) == day]
    return [[json.loads(line) for line in (run.folder / ledger.RUNS).read_text().splitlines()] for run in found]


def verdicts(runs: list[dict[str, Any]]) -> dict[str, tuple[str, str | None, int | None, int]]:
    return {
        run["control_id"]: (run["status"], run["reason"], run["population_count"], run["open_exception_count"])
        for run in runs
    }


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return from_environment({"SOC2_HOME": str(tmp_path_factory.mktemp("night") / "home")})


@pytest.fixture(scope="module")
def first(settings: Settings) -> Night:
    return soc2(settings.home, "nightly")


@pytest.fixture(scope="module")
def second(settings: Settings, first: Night) -> Night:
    return soc2(settings.home, "nightly")


@pytest.fixture(scope="module")
def denied(settings: Settings, second: Night) -> Night:
    """The next day, on which the HR system refuses the token."""
    return soc2(settings.home, "nightly", "--date", "2026-07-02", before=REFUSED)


def test_the_first_night_works_whatever_the_controls_say(settings: Settings, first: Night) -> None:
    assert first.status == 0, first.told
    (runs,) = judged(settings.home, "2026-07-01")
    assert sorted(verdicts(runs)) == tasks.control_ids()
    assert {run["status"] for run in runs} >= {"pass", "fail"}
    assert {run["reason"] for run in runs}.isdisjoint({"LOGIC_ERROR", "NO_DATA", "STALE"}), first.told


def test_the_summary_names_every_control_and_the_file(settings: Settings, first: Night) -> None:
    for control in tasks.control_ids():
        assert control in first.told
    for word in ("Airflow", "extraction", "dbt", "publish", "API calls", "MiB", str(settings.published_file)):
        assert word in first.told
    assert "Traceback" not in first.told


def test_the_published_file_holds_the_verdicts(settings: Settings, first: Night) -> None:
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        found = connection.execute(
            "select control_id, status from fct_control_run where is_current and logical_date = date '2026-07-01'"
        ).fetchall()
    runs = judged(settings.home, "2026-07-01")[-1]
    assert sorted(found) == sorted((run["control_id"], run["status"]) for run in runs)


def test_a_second_night_of_the_day_changes_no_verdict(settings: Settings, second: Night) -> None:
    assert second.status == 0, second.told
    before, after = (verdicts(runs) for runs in judged(settings.home, "2026-07-01")[:2])
    assert {control: found[:2] for control, found in before.items()} == {c: found[:2] for c, found in after.items()}
    # Controls over the warehouse's own records see more of them: there has been one more judgement.
    own = {control for control in before if control.startswith("EV-")}
    assert {c: found for c, found in before.items() if c not in own} == {c: v for c, v in after.items() if c not in own}


def test_the_next_day_is_added(settings: Settings, denied: Night) -> None:
    assert len(judged(settings.home, "2026-07-01")) == 2
    assert len(judged(settings.home, "2026-07-02")) == 1


def test_a_source_that_refuses_the_token_turns_nothing_green(settings: Settings, denied: Night) -> None:
    assert denied.status == 3, denied.told
    assert "CredentialsRefused" in denied.told
    after = verdicts(judged(settings.home, "2026-07-02")[0])
    assert sorted(after) == tasks.control_ids()
    declared = [meta for meta in transform.control_meta(settings).values() if "id" in meta]
    needing = [
        meta["id"]
        for meta in declared
        if meta["mode"] == "snapshot" and any(name.startswith("hris.") for name in meta["sources"]["required"])
    ]
    assert needing
    # Open exceptions of the night before stay known; nothing new is judged, and nothing is green.
    assert {control: after[control][:2] for control in needing} == dict.fromkeys(needing, ("not_tested", "NO_DATA"))
