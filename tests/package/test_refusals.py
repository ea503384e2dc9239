"""What makes a package impossible: it names what is missing or broken, exits with 1 and leaves nothing behind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from package_homes import SAMPLED, window

from soc2_warehouse import ledger
from soc2_warehouse.evidence import keys
from soc2_warehouse.package import Refused, build
from soc2_warehouse.settings import PACKAGE, Settings

pytestmark = pytest.mark.slow(minutes=1)
Spoil = Callable[[Settings], str]


def raw_file(home: Settings) -> str:
    """One byte of a landed file."""
    file = sorted((home.home / "landing/okta/users").rglob("records.parquet"))[0]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    return f"landing/{file.relative_to(home.home / 'landing').as_posix()}"


def receipt(home: Settings) -> str:
    file = sorted((home.home / "landing/_receipts").rglob("*.json"))[10]
    file.unlink()
    return f"landing/{file.relative_to(home.home / 'landing').as_posix()}"


def night(home: Settings) -> str:
    """The whole judgement of a day."""
    run = ledger.runs(home.ledger)[0]
    for file in run.folder.iterdir():
        file.unlink()
    run.folder.rmdir()
    run.folder.parent.rmdir()
    return f"ledger/day={run.day}"


def rows(home: Settings) -> str:
    file = ledger.runs(home.ledger)[0].folder / ledger.ROWS
    file.write_bytes(file.read_bytes()[:-200])
    return file.relative_to(home.home).as_posix()


def newest_seal(home: Settings) -> str:
    folder = sorted((home.ledger / "seals").iterdir())[-1]
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    return f"ledger/seals/{folder.name}/seal.json"


def every_seal(home: Settings) -> str:
    for file in sorted((home.ledger / "seals").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    return "is not sealed"


def chain(home: Settings) -> str:
    file = home.ledger / "chain.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:40] + lines[41:]))
    return "ledger/chain.jsonl"


def published_verdict(home: Settings) -> str:
    """A verdict that the ledger does not know."""
    with duckdb.connect(str(home.published_file)) as connection:
        connection.execute("update fct_control_run set status = 'pass' where status = 'fail' and control_id = 'AC-02'")
    return "the published file is not what the ledger says"


def published_file(home: Settings) -> str:
    home.published_file.unlink()
    return "nothing was published"


def declarations(home: Settings) -> str:
    (home.dbt_target / "manifest.json").unlink()
    return "dbt's manifest is missing"


def published_table(home: Settings) -> str:
    with duckdb.connect(str(home.published_file)) as connection:
        connection.execute("drop table fct_coverage_day")
    return "the published file lacks fct_coverage_day"


def published_receipt(home: Settings) -> str:
    """An extract that a judgement names, unknown to the warehouse."""
    with duckdb.connect(str(home.published_file)) as connection:
        connection.execute("delete from fct_extract_run where source_id = 'okta.users'")
    return "read the extract okta.users-"


def sample(home: Settings) -> str:
    """A frozen population that is no longer the one drawn from."""
    file = next((home.home / "samples" / SAMPLED).rglob("population-v1.json"))
    content = json.loads(file.read_text())
    content["days_without_a_result"] = {"2020-01-01": "written in later"}
    file.chmod(0o644)
    file.write_text(json.dumps(content))
    return "population-v1.json"


def key_gone(home: Settings) -> str:
    (home.keys / keys.SIGNING).unlink()
    return "the key that signs the nights is not on this machine"


def other_key(home: Settings) -> str:
    (home.keys / keys.SIGNING).unlink()
    keys.made(home)
    return "none of the keys here signed the newest seal"


@pytest.mark.parametrize(
    "spoil",
    [
        raw_file, receipt, night, rows, newest_seal, every_seal, chain, published_verdict, published_file, declarations,
        published_table, published_receipt, sample, key_gone, other_key,
    ],
    ids=lambda spoil: spoil.__name__,
)  # fmt: skip
def test_a_package_is_refused(spoil: Spoil, spoiled: Settings, command: Callable[..., tuple[int, str]]) -> None:
    first, last = window(spoiled)
    named = spoil(spoiled)
    code, told = command(spoiled, "--from", str(first), "--to", str(last), "--criteria", "CC8.1")
    assert code == 1
    assert named in told, told
    packages = spoiled.home / "packages"
    assert not packages.exists() or list(packages.iterdir()) == []


@pytest.mark.parametrize(
    ("days", "criteria", "told"),
    [
        ((0, 1), (), "is not judged yet"),
        ((-400, 0), (), "is not within the window of ENG-2026"),
        ((0, -1), (), "ends .* before it starts"),
        ((-60, -30), (), "in effect from|no day from"),
        ((0, 0), ("CC99.1",), "no such criterion"),
        ((0, 0), ("CC1.1",), "no control supports CC1.1"),
    ],
)
def test_a_window_that_cannot_be_reported_is_refused(
    sampled: Settings, tmp_path: Path, days: tuple[int, int], criteria: tuple[str, ...], told: str
) -> None:
    newest = window(sampled)[1]
    first, last = (newest + timedelta(days=shift) for shift in days)
    with pytest.raises(Refused, match=told):
        build.make(sampled, first, last, criteria, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_date_that_is_none_is_wrong_use(sampled: Settings, command: Callable[..., tuple[int, str]]) -> None:
    code, told = command(sampled, "--from", "yesterday", "--to", "2026-07-02")
    assert code == 2 and "is not a date" in told


def test_a_night_that_was_never_judged_is_printed_not_refused(spoiled: Settings, tmp_path: Path) -> None:
    """The engagement expects results before the first judged day: the report lists those nights."""
    first, last = window(spoiled)
    with duckdb.connect(str(spoiled.published_file)) as connection:
        connection.execute("update dim_engagement set controls_effective_from = ?", [first - timedelta(days=2)])
        connection.execute(
            """
            insert into fct_coverage_day
            select * replace (
                day - 2 as day, unit_start - 2 as unit_start, false as covered,
                null as status, null as reason, null as run_id
            ) from fct_coverage_day
            where day - 2 < (select min(logical_date) from fct_control_run)
            """
        )
    made = build.make(spoiled, first - timedelta(days=2), last, ["CC9.2"], tmp_path / "out")
    missing: list[date] = made.content.nights["missing"]
    assert missing == [first - timedelta(days=2), first - timedelta(days=1)]
    page = (made.folder / "report.html").read_text()
    assert "2 nights without any judgement:" in page and str(missing[0]) in page
    assert all(one.is_insufficient and one.days.startswith("--") for one in made.content.results)
    assert all("NO_RUN" in one.coverage.gaps[0].cause for one in made.content.results)


def test_every_table_that_a_package_reads_is_asked_for() -> None:
    modules = [*(PACKAGE / "package").glob("*.py"), PACKAGE / "dashboard" / "timeline.py"]
    read = {table for path in modules for table in re.findall(r"(?:from|join)\s+((?:fct|dim)_\w+)", path.read_text())}
    assert read and read <= set(build.TABLES)
