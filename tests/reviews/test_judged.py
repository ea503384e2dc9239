"""What was decided is landed with the registers and judged by AC-10 to AC-13; a revoke is looked for in later data."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from soc2_warehouse import nightly, tasks
from soc2_warehouse import settings as settings_module
from soc2_warehouse.cli import app
from soc2_warehouse.landing import Landing
from soc2_warehouse.receipts import Receipt
from soc2_warehouse.sandbox.serve import Sandbox
from soc2_warehouse.settings import Settings, from_environment

from .conftest import DEPUTY, REVIEW, REVIEWER, Desk, decisions, filled

pytestmark = pytest.mark.slow(minutes=2)

#: More than five working days after the decisions of 2026-07-02. Kate Lowe's membership ends on 2026-07-08.
LATER = date(2026, 7, 14)
MODELS = (
    "ctl_ac_10__access_reviews_are_held",
    "ctl_ac_11__access_reviews_list_every_account",
    "ctl_ac_12__review_decisions_are_executed",
    "ctl_ac_13__review_lines_are_derived",
)
GONE, KEPT = "klowe", "apatel"


@dataclass
class Later:
    """The controls' rows of a later day, by model and key, and the receipts of the registers of that day."""

    desk: Desk
    rows: dict[str, dict[str, dict[str, Any]]]
    receipts: dict[str, Receipt]

    def line(self, model: int, login: str) -> dict[str, Any]:
        (line,) = [line for line in self.desk.campaign.lines if line.login == login]
        return self.rows[MODELS[model]][f"{REVIEW}|{line.line_no}|github|{line.account_id}"]


@pytest.fixture(scope="module")
def later(played: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Later]:
    """GitHub is reviewed on the second night, two accounts are revoked; on a later day it is read again."""
    folder = tmp_path_factory.mktemp("judged")
    shutil.copytree(played.home, folder / "home", ignore=shutil.ignore_patterns("quality", "logs", "airflow"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOC2_HOME", str(folder / "home"))
        settings_module.settings.cache_clear()
        desk = Desk(from_environment())
        desk.does("open", "github", "2026-Q3")
        revoke: dict[str, object] = {"decision": "revoke", "reason": "has left"}
        cells = decisions(desk, **{GONE: revoke, KEPT: revoke})
        desk.does("import", str(filled(desk, folder / "decided.xlsx", cells)), "--by", DEPUTY)
        desk.does("close", REVIEW, "--by", REVIEWER)
        with (
            Sandbox(desk.settings, LATER) as sandbox,
            sandbox.as_environment(),
            nightly.within(tasks.Circumstances(sandbox.clock, "demo", "test")),
        ):
            for source in ("registers", "hris", "github"):
                tasks.extract(source, LATER)
            tasks.load(LATER)
        done = CliRunner().invoke(app, ["dbt", "--quiet", "run", "--select", *(f"+{model}" for model in MODELS)])
        assert done.exit_code == 0, done.output
        receipts = {one.table_name: one for one in Landing(desk.settings.landing_url).receipts(day=LATER)}
        yield Later(desk, {model: rows(desk.settings.build_file, model) for model in MODELS}, receipts)
    settings_module.settings.cache_clear()


def rows(build_file: Path, model: str) -> dict[str, dict[str, Any]]:
    with duckdb.connect(str(build_file), read_only=True) as connection:
        found = connection.execute(f"select * from controls.{model}").fetch_arrow_table().to_pylist()
    return {row["entity_key"]: row for row in found}


def test_the_registers_land_what_was_decided_with_what_is_committed(later: Later) -> None:
    lines = later.receipts["access_review_lines"]
    assert (lines.status, lines.rows) == ("complete", lines.api_reported_total)
    assert f'"{REVIEW}": "{later.desk.campaign.head}"' in str(lines.parameters).replace("'", '"')
    assert later.receipts["access_reviews"].status == "complete"


def test_the_review_counts_as_held_and_signed(later: Later) -> None:
    row = later.rows[MODELS[0]]["2026-Q3|github"]
    assert (row["result"], row["codes"], row["review_id"]) == ("pass", [], REVIEW)
    assert later.desk.campaign.closed is not None
    assert row["report_sha256"] == later.desk.campaign.closed["report_sha256"]


def test_its_lines_are_complete_and_derived_as_the_handbook_says(later: Later) -> None:
    for model in (1, 3):
        mine = [row for key, row in later.rows[MODELS[model]].items() if key.startswith(f"{REVIEW}|")]
        assert len(mine) == len(later.desk.campaign.lines)
        assert [row for row in mine if row["result"] != "pass"] == []


def test_a_revoke_that_is_carried_out_is_found_in_later_data(later: Later) -> None:
    row = later.line(2, GONE)
    assert (row["result"], row["codes"]) == ("pass", []), row["reason"]
    assert row["executed_at"].date() in (date(2026, 7, 8), date(2026, 7, 9))


def test_a_revoke_that_is_not_carried_out_is_a_deviation(later: Later) -> None:
    row = later.line(2, KEPT)
    assert (row["result"], row["codes"]) == ("exception", ["REVOKE_NOT_EXECUTED"]), row["reason"]


def test_a_spreadsheet_that_came_back_at_once_is_a_rubber_stamp(later: Later) -> None:
    """The pace of lines that are decided together counts from the export."""
    assert later.rows[MODELS[2]][REVIEW]["codes"] == ["RUBBER_STAMP"]
