"""A past day judged again: by the real package and dbt, on a project of one control, under the code of two commits."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from soc2_warehouse import chain, ledger
from soc2_warehouse.cli import app
from soc2_warehouse.clock import Clock
from soc2_warehouse.evidence import replay as replaying
from soc2_warehouse.evidence.replay import NOW, ReplayRefused, replay
from soc2_warehouse.extract import land_file
from soc2_warehouse.judgements import Record
from soc2_warehouse.settings import PROJECT, Settings

pytestmark = pytest.mark.slow(minutes=2)

FIRST, DAY = date(2026, 7, 1), date(2026, 7, 2)
CONTROL_SQL = """
select
    'directory|' || {{ json_text('record', '$.id') }} as entity_key,
    {{ json_text('record', '$.id') }} as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result() }} as result,
    codes,
    'idle for ' || idle_days || ' days' as reason,
    idle_days
from (
    select
        record,
        cast({{ json_text('record', '$.idle') }} as integer) as idle_days,
        {{ codes([
            ('STALE', 'cast(' ~ json_text('record', '$.idle') ~ ' as integer) > ' ~ param('stale_days')),
        ]) }} as codes
    from {{ source('directory', 'users') }}
    where _day = {{ as_of_day() }}
) as users
"""
CONTROL_YML = """
version: 2
models:
  - name: ctl_ac_03__accounts_are_used
    description: "Accounts are used. Grain: account."
    config:
      meta:
        {id: AC-03, title: Accounts are used, criteria: [CC6.2], category: Security, owner: security, severity: medium,
         frequency: daily, mode: snapshot, sources: {required: [directory.users]}, max_age_hours: 36,
         parameters: {stale_days: {value: 30, unit: days, origin: default, looser: higher}},
         codes: {STALE: {effect: deviation, when: idle}}, zero_population: suspicious, remediation: Disable it.}
    columns:
      - {name: entity_key, data_type: varchar}
      - {name: entity_name, data_type: varchar}
      - {name: owner_key, data_type: varchar}
      - {name: result, data_type: varchar}
      - {name: codes, data_type: "varchar[]"}
      - {name: reason, data_type: varchar}
      - {name: idle_days, data_type: integer}
"""
SOURCES_YML = """
version: 2
sources:
  - {name: directory, schema: raw_directory, tables: [{name: users}]}
  - {name: registers, schema: raw_registers, tables: [{name: parameters}]}
"""
STATES_SQL = """
select needed.control_id, needed.source_id, true as in_use, 'usable' as state, chosen.run_id as usable_run_id
from {{ source('meta', 'control_sources') }} as needed
inner join {{ source('meta', 'selected_runs') }} as chosen
    on needed.source_id = chosen.source_id and chosen.logical_date = {{ as_of_day() }}
"""


def git(repository: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {f"GIT_{role}_{what}": "t@t" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(("git", "-C", str(repository), *arguments), env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(repository: Path) -> str:
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "change")
    return git(repository, "rev-parse", "HEAD")


def land(home: Settings, source: str, table: str, day: date, records: Iterable[dict[str, Any]], kind: str) -> None:
    clock = Clock.starting_at(datetime.combine(day, time(1, 50), UTC))
    lines = enumerate((json.dumps(record) for record in records), 1)
    assert land_file(home, source, table, day, lines, "f", kind, clock=clock).usable


def tree(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


class World:
    """A repository with two commits of one control, and a home in which the first one judged two days."""

    def __init__(self, place: Path) -> None:
        self.repository, self.home = place / "repository", Settings(place / "home", str(place / "landing"), time(2))
        project = self.repository / "dbt_project"
        shutil.copytree(
            PROJECT / "plugins", self.repository / "plugins", ignore=shutil.ignore_patterns("__pycache__", "sandbox")
        )
        for name in ("macros", "dbt_project.yml", "profiles.yml", "selectors.yml"):
            copy = shutil.copytree if (PROJECT / "dbt_project" / name).is_dir() else shutil.copy
            project.mkdir(exist_ok=True)
            copy(PROJECT / "dbt_project" / name, project / name)
        meta = PROJECT / "dbt_project/models/staging/meta"
        shutil.copytree(meta, project / "models/staging/meta", ignore=shutil.ignore_patterns("*.sql", "*models.yml"))
        self.sql = project / "models/controls/access/ctl_ac_03__accounts_are_used.sql"
        self.yml = self.sql.with_suffix(".yml")
        for file, text in (
            (project / "models/staging/directory/_directory__sources.yml", SOURCES_YML),
            (project / "models/intermediate/evidence/int_control_sources.sql", STATES_SQL),
            (self.sql, CONTROL_SQL),
            (self.yml, CONTROL_YML),
        ):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (self.repository / ".gitignore").write_text("__pycache__/\n")
        git(place, "init", "--quiet", str(self.repository))
        self.then = commit(self.repository)
        for day in (FIRST, DAY):
            users = [{"id": f"u{number}", "idle": 10 * number} for number in range(5)]
            land(self.home, "directory", "users", day, users, "snapshot")
            self.judge(day)
            # Anchored after each day: the second day knew the first anchor and not its own.
            chain.anchor(self.home, f"tag:{day}", datetime.combine(day, time(9), UTC))
        # From here on it is today: another default, another wording.
        self.yml.write_text(CONTROL_YML.replace("{value: 30,", "{value: 35,"))
        self.sql.write_text(CONTROL_SQL.replace("'idle for '", "'unused for '"))
        self.now = commit(self.repository)

    def judge(self, day: date) -> None:
        moment = datetime.combine(day, time(2), UTC)
        record = Record(f"judge-{day}", day, moment, moment + timedelta(hours=1), moment, "schedule", "prod")
        replaying._run(self.home, record, self.home.home, self.repository, None)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("replay"))


def test_equal_inputs_and_code_give_equal_hashes(world: World) -> None:
    before = tree(world.home.ledger)
    assert any(name.endswith(ledger.ROWS) for name in before)
    found = replay(world.home, DAY, repository=world.repository)
    assert (found.code, found.equal, found.identical, found.controls, found.rows) == (world.then, True, True, 1, 5)
    assert ledger.ROWS in found.files and not found.causes
    assert tree(world.home.ledger) == before
    assert world.then[:7] not in git(world.repository, "worktree", "list")
    assert not list(world.home.home.glob(".replay-*"))


def test_todays_code_with_the_parameters_of_then(world: World) -> None:
    """The wording is another, the verdict is not: u4 (40 days) is stale, nobody else."""
    before = tree(world.home.ledger)
    found = replay(world.home, DAY, code=NOW, repository=world.repository)
    assert found.code == world.now and not found.equal
    assert [(change.entity_key, list(change.after)) for change in found.changes] == [
        (f"directory|u{number}", ["reason"]) for number in range(5)
    ]
    assert found.changes[0].reason == "unused for 0 days"
    # The value of that day is today's override, so the parameters in force are the same.
    assert "sql_sha256" in found.causes["AC-03"] and "code_sha" in found.causes["AC-03"]
    assert tree(world.home.ledger) == before


def test_the_code_of_then_with_todays_parameters(world: World) -> None:
    """A register of a later day asks for 15 days: two accounts more are stale."""
    land(
        world.home,
        "registers",
        "parameters",
        date(2026, 7, 9),
        [{"control_id": "AC-03", "name": "stale_days", "value": 15}],
        "register",
    )
    found = replay(world.home, DAY, parameters=NOW, repository=world.repository)
    assert found.code == world.then
    by_key = {change.entity_key: change for change in found.changes}
    assert by_key.keys() == {None, "directory|u2", "directory|u3"}
    assert by_key["directory|u2"].before["codes"] == [] and by_key["directory|u2"].after["codes"] == ["STALE"]
    assert by_key[None].what == "verdict" and by_key[None].after["deviation_count"] == 3
    # The figure is compiled into the SQL.
    assert found.causes == {"AC-03": ("sql_sha256", "params_sha")}


def test_refusals(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReplayRefused, match="2026-07-05 is not in the ledger; judged are 2026-07-01 to 2026-07-02"):
        replay(world.home, date(2026, 7, 5), repository=world.repository)
    elsewhere = tmp_path / "elsewhere"
    git(tmp_path, "init", "--quiet", str(elsewhere))
    with pytest.raises(ReplayRefused, match=f"commit {world.then} is not in elsewhere"):
        replay(world.home, DAY, repository=elsewhere)
    for sha, told in ((f"{world.then}+abc", "never committed"), ("files:abc", "was not in git")):
        with pytest.raises(ReplayRefused, match=told), replaying._code(world.repository, sha, tmp_path, wanted=True):
            pass
    monkeypatch.setenv("SOC2_HOME", str(tmp_path))
    told = CliRunner().invoke(app, ["replay", "--date", str(DAY), "--code", "tomorrow"])
    assert told.exit_code == 2


@pytest.mark.parametrize("kind", ["raw file", "rows"])
def test_an_input_that_was_altered_is_named(world: World, tmp_path: Path, kind: str) -> None:
    copy = Settings(tmp_path / "home", str(tmp_path / "landing"), time(2))
    shutil.copytree(world.home.home, copy.home)
    shutil.copytree(world.home.landing_url, copy.landing_url)
    place = Path(copy.landing_url) if kind == "raw file" else copy.ledger
    pattern = f"**/day={FIRST}/**/{'records.parquet' if kind == 'raw file' else ledger.ROWS}"
    file = next(place.glob(pattern))
    file.chmod(0o644)
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(ReplayRefused, match=f"not what was sealed: .*{file.name} .HASH_MISMATCH"):
        replay(copy, DAY, repository=world.repository)


def test_the_command_prints_each_difference_and_tells_by_its_status(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("soc2_warehouse.evidence.commands.settings", lambda: world.home)
    found = replaying.Replay(
        Record("r", DAY, *[datetime(2026, 7, 2, tzinfo=UTC)] * 3, "schedule", "prod"),
        "abc",
        1,
        2,
        (replaying.Change("AC-03", "u1", "changed", {"result": "pass"}, {"result": "exception"}, "idle"),),
        {"control_rows.jsonl": ("a", "b")},
        {"AC-03": ("params_sha",)},
    )
    monkeypatch.setattr(replaying, "replay", lambda *asked: found)
    told = CliRunner().invoke(app, ["replay", "--date", str(DAY)])
    assert told.exit_code == 1
    assert (
        "~ AC-03 u1: result was 'pass', is 'exception': idle" in told.output
        and "another params_sha: every control" in told.output
    )
