"""Reviews over two nights of the sandbox company, through ``soc2 review`` as people type it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from soc2_warehouse import settings as settings_module
from soc2_warehouse.cli import app
from soc2_warehouse.reviews.campaign import Campaign, load
from soc2_warehouse.settings import Settings, from_environment

#: Reviews GitHub, and has an account there; the deputy has one, too.
REVIEWER, DEPUTY = "E1007", "E1003"
REVIEW = "AR-2026-Q3-github"


@dataclass
class Desk:
    """A home, and the commands of somebody who sits before it."""

    settings: Settings

    def soc2(self, *words: str) -> Result:
        return CliRunner().invoke(app, ["review", *words])

    def does(self, *words: str) -> str:
        """A command that works, and what it says."""
        done = self.soc2(*words)
        assert done.exit_code == 0, done.output
        return done.output

    def refuses(self, *words: str) -> str:
        """A command that is refused, and what it says."""
        done = self.soc2(*words)
        assert done.exit_code == 1, done.output
        return done.output

    @property
    def campaign(self) -> Campaign:
        return load(self.settings, REVIEW)

    def publish(self, *statements: str) -> None:
        """Another night, as far as the published file shows it."""
        with duckdb.connect(str(self.settings.published_file)) as connection:
            for statement in statements:
                connection.execute(statement)


@pytest.fixture
def desk(played: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A copy of the played home, without its landing zone."""
    home = tmp_path / "home"
    (home / "published").mkdir(parents=True)
    shutil.copy(played.published_file, home / "published" / "warehouse.duckdb")
    shutil.copy(played.home / ".company", home)
    for name in ("ledger", "keys"):
        shutil.copytree(played.home / name, home / name)
    monkeypatch.setenv("SOC2_HOME", str(home))
    settings_module.settings.cache_clear()
    yield Desk(from_environment())
    settings_module.settings.cache_clear()


@pytest.fixture
def opened(desk: Desk) -> Desk:
    """Its GitHub review is open."""
    desk.does("open", "github", "2026-Q3")
    return desk


Fill = Callable[..., Path]


@pytest.fixture
def fill(tmp_path: Path) -> Fill:
    """``fill(desk, name, {line_no: {column: value}})``: an exported spreadsheet with these cells."""
    return lambda desk, name, cells: filled(desk, tmp_path / f"{name}.xlsx", cells)


def filled(desk: Desk, file: Path, cells: dict[int, dict[str, object]]) -> Path:
    desk.does("export", REVIEW, str(file))
    book = load_workbook(file)
    sheet = book["Review"]
    header = [cell.value for cell in sheet[1]]
    for row in range(2, sheet.max_row + 1):
        for column, value in cells.get(int(sheet.cell(row, 1).value), {}).items():
            sheet.cell(row, header.index(column) + 1).value = value
    book.save(file)
    return file


def decisions(desk: Desk, **changed: dict[str, object]) -> dict[int, dict[str, object]]:
    """A right answer to every line: the reviewer confirms with a reason, the deputy what is the reviewer's own.
    changed: login → other cells.
    """
    owner = {"E1007": "hris:107", "E1003": "hris:103"}[REVIEWER]
    found: dict[int, dict[str, object]] = {}
    for line in desk.campaign.lines:
        by = DEPUTY if owner in (line.person_key, line.owner_key) else REVIEWER
        cells: dict[str, object] = {"decision": "confirm", "reason": "works on it", "decided_by": by}
        found[line.line_no] = cells | changed.get(line.login or "", {})
    return found
