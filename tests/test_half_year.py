"""An observation window with everything that happens in one: outages, a night that nobody ran, late and restated data,
an acceptance that expires, changes of parameter and logic, and somebody who alters the evidence.

Seven controls over six sources, every night; the home is limited to them and says so. The script lies in the first
three weeks; TEST_NIGHTS=180 plays the half year.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pypdf
import pytest

from soc2_warehouse import nightly, selection, simulate, tasks
from soc2_warehouse.evidence import freezing, verify_evidence
from soc2_warehouse.evidence.home import Home
from soc2_warehouse.evidence.verify_evidence import Result
from soc2_warehouse.extract import land_file, run_source
from soc2_warehouse.landing import Landing
from soc2_warehouse.package import build
from soc2_warehouse.sandbox.serve import FIRST_DAY, Sandbox
from soc2_warehouse.settings import Settings, from_environment

pytestmark = pytest.mark.slow(minutes=5)

NIGHTS = max(int(os.environ.get("TEST_NIGHTS", "18")), 18)
CHOSEN = selection.Selection(
    ("AC-01", "AV-01", "CM-10", "EV-02", "EV-03", "EV-06", "VM-03"),
    ("aws_trail", "deploys", "github", "hris", "okta", "registers"),
)


def july(day: int) -> date:
    return date(2026, 7, day)


#: Sources that answer nobody in a night. Okta: the snapshots of the day are lost. GitHub: CM-10 reads events; a night's
#: extract of them still counts a day later, and they can be fetched late.
OUTAGES = {
    july(4): ("okta",),
    **dict.fromkeys((july(6), july(7)), ("github", "deploys")),
    **dict.fromkeys((july(13), july(14)), ("github", "deploys")),
}
NOBODY_RAN = july(9)
FETCHED_LATE, LANDED_AGAIN, PARAMETER, LOGIC = july(10), july(12), july(15), july(17)
#: control → day → cause and what can be done, as the script above has it.
EXPECTED_GAPS: dict[str, dict[date, tuple[str, str | None]]] = {
    "AC-01": {july(4): ("source_down", "lost"), NOBODY_RAN: ("run_missing", "lost")},
    "CM-10": {
        july(7): ("late", "replayable"),
        NOBODY_RAN: ("run_missing", "replayable"),
        july(14): ("source_down", "replayable_once_fetched"),
    },
    "AV-01": {NOBODY_RAN: ("run_missing", "replayable")},
    "EV-03": {NOBODY_RAN: ("run_missing", "replayable")},
    # Its people come from HR snapshots.
    "EV-06": {NOBODY_RAN: ("run_missing", "lost")},
    "VM-03": {NOBODY_RAN: ("run_missing", "replayable")},
}


@pytest.fixture(scope="module")
def window(own_project: Settings) -> Settings:
    """The window, played and published."""
    simulate.limit(own_project, CHOSEN)
    last = FIRST_DAY + timedelta(days=NIGHTS - 1)
    with Sandbox(own_project, FIRST_DAY, sources=CHOSEN.sources) as sandbox, sandbox.as_environment():
        for number in range(NIGHTS):
            day = FIRST_DAY + timedelta(days=number)
            if day == NOBODY_RAN:
                continue
            sandbox.set_day(day)
            happen(own_project, sandbox, day)
            down = OUTAGES.get(day, ())
            for source in down:
                sandbox.apps[server_of(source)].faults.add("", status=401, times=10_000)
            problems, _ = simulate.night(sandbox, day, is_last=day == last, sources=CHOSEN.sources)
            for source in down:
                sandbox.apps[server_of(source)].faults.clear()
            assert sorted(problems) == sorted(down), day
        with nightly.within(tasks.Circumstances(sandbox.clock, "demo", "simulate")):
            tasks.publish(last)
    return own_project


def server_of(source: str) -> str:
    """Deployments are read from GitHub."""
    return "github" if source == "deploys" else source


def happen(home: Settings, sandbox: Sandbox, day: date) -> None:
    """What people do before the night of ``day``."""
    if day == FETCHED_LATE:
        for source in ("github", "deploys"):
            run_source(home, source, july(7), sandbox.clock, reason="GitHub was down")
    if day == LANDED_AGAIN:
        receipt = next(r for r in Landing(home.landing_url).receipts(day=july(5)) if r.source_id == "hris.employees")
        records = [one.record for one in Landing(home.landing_url).envelopes(receipt.object_uri or "")]
        records[0] = {**records[0], "jobTitle": "Corrected by HR"}
        lines = enumerate(map(json.dumps, records), 1)
        land_file(
            home,
            *("hris", "employees", july(5), lines, "hr.jsonl", "snapshot"),
            clock=sandbox.clock,
            reason="HR corrected a title",
        )
    if day == PARAMETER:
        file = sandbox.registers / "registers" / "parameters.yml"
        file.write_text(file.read_text() + "VM-03:\n  new_vendor_grace_days: 5\n")
        who = ("-c", "user.name=Noor", "-c", "user.email=noor@acme.example")
        commit = ("git", *who, "commit", "--quiet", "--all", "--message=Five days for new vendors")
        subprocess.run(commit, cwd=sandbox.registers, check=True)
    if day == LOGIC:
        [file] = (home.dbt_project / "models" / "controls").rglob("ctl_av_01__uptime*.sql")
        file.write_text(file.read_text() + "\nwhere true\n")


@pytest.fixture
def published(window: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(window.published_file), read_only=True) as connection:
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


def test_the_home_says_what_it_is_no_evidence_of(window: Settings, published: duckdb.DuckDBPyConnection) -> None:
    assert "no evidence of anything else" in (window.home / ".company").read_text()
    declared = [control for (control,) in rows(published, "select control_id from dim_control order by 1")]
    assert declared == list(CHOSEN.controls)
    judged = {control for (control,) in rows(published, "select distinct control_id from fct_control_run")}
    assert judged == set(CHOSEN.controls)
    [untested] = rows(published, "select count(*) from dim_handbook_row where state = 'untested'")
    assert untested[0] > 100
    with pytest.raises(ValueError, match="use another SOC2_HOME"):
        simulate.limit(window, selection.Selection(("AC-01",), ("okta",)))


def test_each_gap_has_its_cause_and_says_what_can_be_done(published: duckdb.DuckDBPyConnection) -> None:
    found: dict[str, dict[date, tuple[str, str | None]]] = {}
    for control, day, cause, replay in rows(published, "select control_id, day, cause, replay from fct_coverage_gap"):
        found.setdefault(control, {})[day] = (cause, replay)
    # On the first night nothing lies behind that could be covered.
    assert found.pop("EV-02") == {FIRST_DAY: ("not_yet_due", None), NOBODY_RAN: ("run_missing", "replayable")}
    assert found == EXPECTED_GAPS
    [sources] = rows(
        published, f"select source_ids from fct_coverage_gap where control_id = 'AC-01' and day = '{july(4)}'"
    )
    assert sources == (["okta.factors", "okta.users"],)


def test_coverage_of_each_control_and_day_is_what_the_outages_leave(published: duckdb.DuckDBPyConnection) -> None:
    days = {FIRST_DAY + timedelta(days=number) for number in range(NIGHTS)}
    for control in ("AC-01", "CM-10", "EV-03", "EV-06"):
        units = dict(rows(published, f"select day, covered from fct_coverage_day where control_id = '{control}'"))
        assert units.keys() == days
        assert {day for day, covered in units.items() if not covered} == EXPECTED_GAPS[control].keys(), control


def test_the_acceptance_expires_on_its_day_and_is_named(window: Settings, published: duckdb.DuckDBPyConnection) -> None:
    """VM-03 of a vendor's questionnaire: accepted until 2026-07-02."""
    events = rows(
        published,
        "select logical_date, from_state, to_state from fct_exception_event where control_id = 'VM-03' "
        "and entity_key = 'V009|security_questionnaire' and code = 'ASSESSMENT_OVERDUE' order by seq",
    )
    assert (july(2), "accepted", "open") in events
    assert (july(1), "open", "accepted") in events or (july(1), None, "accepted") in events
    told = {}
    for day in (july(1), july(3)):
        file = next((window.ledger / f"day={day}").glob("run=*")) / "control_rows.jsonl"
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        told[day] = {code for line in lines if line["control_id"] == "EV-06" for code in line["codes"]}
    assert "ACCEPTANCE_EXPIRED" in told[july(3)] and "ACCEPTANCE_EXPIRED" not in told[july(1)]


def test_a_changed_parameter_and_a_changed_test_begin_a_segment(published: duckdb.DuckDBPyConnection) -> None:
    last = FIRST_DAY + timedelta(days=NIGHTS - 1)
    found = rows(
        published,
        "select control_id, first_day, last_day, is_logic_changed, is_parameter_changed from fct_control_segment "
        "where control_id in ('AC-01', 'AV-01', 'VM-03') order by 1, 2",
    )
    assert found == [
        ("AC-01", FIRST_DAY, last, False, False),
        ("AV-01", FIRST_DAY, LOGIC - timedelta(days=1), False, False),
        ("AV-01", LOGIC, last, True, False),
        ("VM-03", FIRST_DAY, PARAMETER - timedelta(days=1), False, False),
        # A parameter is compiled into the SQL.
        ("VM-03", PARAMETER, last, True, True),
    ]


def test_late_and_restated_data_append_a_version_and_touch_no_verdict(
    window: Settings, published: duckdb.DuckDBPyConnection
) -> None:
    found = rows(
        published,
        "select source_id, day, last_day, reason, rows_changed, note, found_on from fct_restatement "
        "where source_id in ('github.ref_updates', 'hris.employees') order by 1",
    )
    assert found == [
        ("github.ref_updates", july(7), july(8), "late", 0, "GitHub was down", FETCHED_LATE),
        ("hris.employees", july(5), july(5), "restated", 1, "HR corrected a title", LANDED_AGAIN),
    ]
    assert len([*(window.ledger / f"day={july(5)}").glob("run=*")]) == 1, "judged once, and it stands"
    [restated] = rows(
        published,
        f"select restated_source_ids, covered from fct_coverage_day where control_id = 'AC-01' and day = '{july(5)}'",
    )
    assert "hris.employees" in restated[0] and restated[1]
    [named] = rows(
        published,
        "select codes, reason from fct_control_row where control_id = 'EV-02' and entity_key = 'AC-01|2026-07-05'",
    )
    assert named[0] == ["RESTATED_SINCE"] and "hris.employees" in named[1]


def test_the_package_of_the_window_verifies_and_says_what_it_is_no_evidence_of(
    window: Settings, tmp_path: Path
) -> None:
    last = FIRST_DAY + timedelta(days=NIGHTS - 1)
    made = build.make(window, FIRST_DAY, last, out=tmp_path)
    script = [sys.executable, "-I", str(made.folder / "verify_evidence.py"), str(made.folder)]
    done = subprocess.run(script, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0 and "Everything verifies." in done.stdout, done.stdout + done.stderr
    report = (made.folder / "report.html").read_text()
    assert "no evidence of anything else" in report
    pages = "\n".join(page.extract_text() for page in pypdf.PdfReader(made.folder / "report.pdf").pages[:2])
    assert "no evidence of anything else" in " ".join(pages.split())
    assert f"{NIGHTS - 1} of {NIGHTS}" in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", report))
    for control in CHOSEN.controls:
        assert f"{control} · " in report, control


def verified(settings: Settings) -> Result:
    return verify_evidence.verify(Home(settings))


def test_the_evidence_verifies_and_what_is_altered_is_named(window: Settings, tmp_path: Path) -> None:
    assert verified(window).problems == []
    copy = from_environment({"SOC2_HOME": str(tmp_path / "copy")})
    for name in ("landing", "ledger"):
        shutil.copytree(window.home / name, copy.home / name)
    frozen = freezing.freeze(copy, "VM-03", july(1), july(8), datetime(2026, 7, 31, tzinfo=UTC))
    assert verified(copy).problems == []
    rewritten = next((copy.ledger / f"day={july(4)}").glob("run=*/control_runs.jsonl"))
    for file, old, new in (
        (rewritten, b'"NO_DATA"', b'"NO_DAT4"'),
        (frozen.file, b'"control_id": "VM-03"', b'"control_id": "VM-04"'),
    ):
        before = file.read_bytes()
        assert old in before
        file.chmod(0o644)
        file.write_bytes(before.replace(old, new, 1))
        found = verified(copy)
        assert found.status == 1
        assert {problem.file for problem in found.problems} >= {str(file.relative_to(copy.home))}
        assert found.first is not None
        file.write_bytes(before)
    assert verified(copy).problems == []
