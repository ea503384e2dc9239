"""The nightly run: its exit status, its lock, and its refusal to mix companies."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from soc2_warehouse import embedded, nightly, results, simulate, steps, warehouse
from soc2_warehouse.embedded import DagOutcome
from soc2_warehouse.report import Line
from soc2_warehouse.settings import Settings
from soc2_warehouse.steps import PipelineBroken, Step

DAY = date(2026, 7, 1)
GOOD = DagOutcome("success", {"okta": "success", "close": "success", "complete": "success"})
JUDGED = DagOutcome("success", dict.fromkeys(("load", "evaluate", "judge", "publish"), "success"))
GRID = DagOutcome("failed", {"AC-01": "success", "AC-03": "failed", "CM-01": "skipped"})


@dataclass
class Played:
    """DAG runs that a night gets to see, and what it ran."""

    outcomes: dict[str, DagOutcome]
    notes: list[Step] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)

    def run(self, dag_id: str, day: date) -> DagOutcome:
        self.ran.append(dag_id)
        for note in self.notes:
            steps.tell(note)
        self.notes = []
        return self.outcomes[dag_id]


@pytest.fixture
def played(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Played:
    found = Played({"soc2_extract": GOOD, "soc2_controls": JUDGED, "soc2_verdicts": GRID})

    @contextmanager
    def company(settings: Settings, day: date | None) -> Iterator[nightly.Company]:
        yield nightly.Company("the sandbox company", day or DAY)

    monkeypatch.setattr(nightly, "company", company)
    monkeypatch.setattr(embedded, "Airflow", lambda settings: found)
    lines = [("AC-01", "pass", 0), ("AC-03", "fail", 2), ("CM-01", "not_tested", 0)]
    monkeypatch.setattr(results, "lines", lambda day: [Line(name, status, 9, n) for name, status, n in lines])
    monkeypatch.setattr(results, "titles", dict)
    return found


Capture = pytest.CaptureFixture[str]


def test_failing_controls_are_no_failure(home: Settings, played: Played, capfd: Capture) -> None:
    assert nightly.run(home) == 0
    told = capfd.readouterr().out
    assert played.ran == ["soc2_extract", "soc2_controls", "soc2_verdicts"]
    assert "3 controls: 1 pass, 1 fail, 1 not tested." in told
    assert str(home.published_file) in told


def test_a_source_that_cannot_be_read_is_told_and_shows_in_the_status(
    home: Settings, played: Played, capfd: Capture
) -> None:
    failed = {"okta": "failed", "close": "success", "complete": "failed"}
    played.outcomes["soc2_extract"] = DagOutcome("failed", failed)
    played.notes = [Step("extract", "okta", "failed", 1.0, "CredentialsRefused: okta.users failed: [401]")]
    assert nightly.run(home) == 3
    told = capfd.readouterr().out
    assert "CredentialsRefused: okta.users failed: [401]" in told.split("Not everything could be read")[1]
    assert "judged and published" in told


def test_a_source_that_an_earlier_run_of_the_day_had_read_is_only_told(
    home: Settings, played: Played, capfd: Capture
) -> None:
    played.outcomes["soc2_extract"] = DagOutcome("success", {**GOOD.tasks, "okta": "failed"})
    assert nightly.run(home) == 0
    assert "earlier run of this day" in capfd.readouterr().out


def test_a_broken_stage_ends_with_its_error_and_shows_no_verdicts(
    home: Settings, played: Played, capfd: Capture
) -> None:
    states = {"load": "success", "evaluate": "failed", "judge": "upstream_failed", "publish": "upstream_failed"}
    played.outcomes["soc2_controls"] = DagOutcome("failed", states)
    played.notes = [Step("evaluate", "", "failed", 1.0, "PipelineBroken: dbt could not start: [x]")]
    assert nightly.run(home) == 1
    told = capfd.readouterr().out
    assert played.ran == ["soc2_extract", "soc2_controls"]
    assert "soc2_controls failed at evaluate: PipelineBroken: dbt could not start: [x]" in told
    assert "controls:" not in told
    log = Path(told.split("The whole story: ")[1].strip())
    assert "Traceback" in log.read_text()


def test_a_grid_that_disagrees_with_the_ledger_is_an_error(home: Settings, played: Played, capfd: Capture) -> None:
    played.outcomes["soc2_verdicts"] = DagOutcome("success", dict.fromkeys(GRID.tasks, "success"))
    assert nightly.run(home) == 1
    assert "grid" in capfd.readouterr().out


def test_interrupted(home: Settings, capfd: Capture) -> None:
    def work(*_: object) -> int:
        raise KeyboardInterrupt

    assert nightly.guarded(home, "nightly", work) == 130
    assert "run it again" in capfd.readouterr().out


def test_what_libraries_print_goes_to_the_log(home: Settings, capfd: Capture) -> None:
    def work(console: object, log: Path) -> int:
        subprocess.run([sys.executable, "-c", "print('chatter of a child')"], check=True)
        print("chatter")
        sys.stdout.flush()
        assert "chatter of a child" in log.read_text()
        return 0

    assert nightly.guarded(home, "nightly", work) == 0
    assert "chatter" not in capfd.readouterr().out


@contextmanager
def another_run(home: Settings, seconds: float) -> Iterator[None]:
    """Another process that holds the run's lock for so long."""
    code = (
        "import sys, time, fcntl\n"
        "file = open(sys.argv[1], 'w'); fcntl.flock(file, fcntl.LOCK_EX); print('held', flush=True)\n"
        f"time.sleep({seconds})"
    )
    home.airflow_home.mkdir(parents=True, exist_ok=True)
    arguments = [sys.executable, "-c", code, str(home.airflow_home / ".writing")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield
        finally:
            process.kill()


def test_a_second_run_waits_for_the_first(home: Settings, capfd: Capture) -> None:
    started = time.monotonic()
    with another_run(home, 1.0):
        assert nightly.guarded(home, "nightly", lambda *_: 0) == 0
    assert time.monotonic() - started > 0.8
    assert "waiting" in capfd.readouterr().out


def test_a_second_run_gives_up_with_a_sentence(home: Settings, monkeypatch: pytest.MonkeyPatch, capfd: Capture) -> None:
    monkeypatch.setattr(nightly, "LOCK_SECONDS", 0.3)
    with another_run(home, 60):
        assert nightly.guarded(home, "nightly", lambda *_: pytest.fail("ran")) == 1
    assert "another run is writing" in capfd.readouterr().out


def test_a_killed_run_leaves_no_lock(home: Settings) -> None:
    with another_run(home, 60):
        pass
    with warehouse.writing(home, 0.1):
        assert nightly.guarded(home, "nightly", lambda *_: 0) == 0


def test_the_sandbox_and_the_real_company_never_share_a_home(home: Settings) -> None:
    nightly.claim(home, "the sandbox company")
    nightly.claim(home, "the sandbox company")
    with pytest.raises(PipelineBroken, match="holds the evidence of the sandbox company"):
        nightly.claim(home, "the real systems")


@pytest.mark.parametrize("variable", ["AIRFLOW_CONN_OKTA_DEFAULT"])
def test_only_the_sandbox_company_can_be_played(
    home: Settings, monkeypatch: pytest.MonkeyPatch, capfd: Capture, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    assert simulate.run(home, 2) == 1
    assert "only the sandbox company's nights can be played" in capfd.readouterr().out


def test_played_nights_follow_the_landed_ones(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from soc2_warehouse.sandbox import serve

    assert simulate.first_night(home, None) == serve.FIRST_DAY
    assert simulate.first_night(home, date(2026, 9, 1)) == date(2026, 9, 1)
    receipts = Path(home.landing_url) / "_receipts" / "day=2026-07-03" / "okta.users"
    receipts.mkdir(parents=True)
    (receipts / "run.json").write_text("{}")
    assert simulate.first_night(home, None) == date(2026, 7, 4)
    with pytest.raises(ValueError, match="2026-07-02 is over"):
        simulate.first_night(home, date(2026, 7, 2))
