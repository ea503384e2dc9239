"""Audit preparation: timeline as the register says, checklist as its controls say, rows of the guide."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from html_tables import published, read, unharmed

from soc2_warehouse import coverage
from soc2_warehouse.dashboard.pages.preparation import timeline
from soc2_warehouse.dashboard.reading import Reader
from soc2_warehouse.settings import PROJECT

pytestmark = pytest.mark.slow(minutes=0.5)
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def file(pages_home: Path) -> Any:
    with published(pages_home) as connection:
        yield connection


def test_an_item_is_done_exactly_when_each_of_its_controls_is(client: Callable[..., Any], file: Any) -> None:
    page = read(client("vera").get("/soc2/preparation", headers=HTML))
    shown = page.table("Final checklist")
    rows = file.execute(
        "select content, planned_controls from dim_handbook_row where row_id like 'CHK-%' order by row_id"
    )
    items = rows.fetchall()
    verdicts = {
        control: (status, reason)
        for control, status, reason in file.execute(
            "select control_id, status, reason from fct_control_run where is_current "
            "and logical_date = (select max(logical_date) from fct_control_run)"
        ).fetchall()
    }
    assert len(items) == len(shown.rows) == 15
    for (content, planned), told, named in zip(items, shown.column("Done"), shown.column("Controls"), strict=True):
        good = [verdicts.get(control) in (("pass", None), ("not_tested", "NO_OCCURRENCE")) for control in planned]
        assert told.endswith("not done") == (not all(good)), content
        assert all(control in named for control in planned)
        built, _, missing = named.partition("not in the warehouse: ")
        assert {control for control in planned if control not in verdicts} == set(missing.split(", ")) - {""}
        assert all(control in built for control in planned if control in verdicts)


def test_rows_of_the_guide_are_in_the_state_that_soc2_coverage_says(client: Callable[..., Any], file: Any) -> None:
    answers = file.execute("select control_id, coalesce(handbook_rows, []) from dim_control order by 1").fetchall()
    built = {control for control, _ in answers}
    expected: dict[str, coverage.HandbookRow] = {}
    with (PROJECT / "dbt_project" / "seeds" / "handbook_rows.csv").open(encoding="utf-8", newline="") as lines:
        for line in csv.DictReader(lines):
            name, planned = line["row_id"], [one for one in line["planned_controls"].split(";") if one]
            expected[name] = coverage.HandbookRow(
                name,
                line["section"],
                line["content"],
                tuple(control for control, rows in answers if name in rows),
                tuple(sorted(one for one in planned if one not in built)),
                (),
            )
    found = file.execute("select row_id, state, control_ids, missing_controls from dim_handbook_row").fetchall()
    assert len(found) > 100
    assert {row[0]: row[1:] for row in found} == {
        name: (row.state, list(row.built), list(row.missing)) for name, row in expected.items()
    }
    for state in ("untested", "in part", "document", "tested"):
        page = read(client("vera").get("/soc2/preparation", params={"state": state}, headers=HTML))
        assert page.total == sum(row.state == state for row in expected.values())
    section = file.execute("select section from dim_handbook_row where row_id = 'LOG-01'").fetchone()[0]
    asked = {"state": "", "section": section}
    page = read(client("vera").get("/soc2/preparation", params=asked, headers=HTML))
    assert page.total == sum(row.section == section for row in expected.values()) > 0


def test_the_timeline_shows_what_the_register_says(pages_home: Path, tmp_path: Path) -> None:
    """A stage is done when each of its actions is; the window says where the day lies; a Type I observes none."""
    copy = tmp_path / "warehouse.duckdb"
    shutil.copy(pages_home / "published" / "warehouse.duckdb", copy)
    with duckdb.connect(str(copy)) as connection:
        engagement = {
            "engagement_id": "ENG-2026",
            "window_start": date(2026, 1, 1),
            "window_end": date(2026, 12, 31),
        }
        connection.execute(
            "update fct_milestone set standing = 'late', completed_at = null "
            "where engagement_id = 'ENG-2026' and milestone = 'document_policies'"
        )
        reader = Reader(connection)
        steps = timeline(reader, engagement, date(2026, 7, 2))
        assert [step["due_on"] for step in steps] == [
            date(2025, 7, 1),
            date(2025, 9, 1),
            date(2025, 11, 1),
            date(2025, 12, 1),
            date(2026, 1, 1),
            date(2027, 4, 30),
        ]
        assert [step["is_done"] for step in steps] == [True, False, True, True, True, False]
        assert [len(step["actions"]) for step in steps] == [3, 2, 2, 2, 1, 3]
        assert [step["standing"] for step in steps] == [
            "3 of 3 done",
            "1 of 2 done",
            "2 of 2 done",
            "2 of 2 done",
            "day 183 of 365",
            "0 of 3 done",
        ]
        before = timeline(reader, engagement, date(2025, 12, 31))[4]["standing"]
        after = timeline(reader, engagement, date(2027, 1, 1))[4]["standing"]
        assert (before, after) == ("begins in 1 days", "ended on 2026-12-31")
        none = timeline(reader, None, date(2026, 7, 2))
        assert {step["standing"] for step in none} == {"no engagement is in the register"} and len(none) == 6
        of_type_1 = timeline(reader, engagement | {"engagement_id": "ENG-PAY-T1"}, date(2026, 7, 2))
        assert of_type_1[4]["standing"] == "not part of a report of this type"


def test_hostile_addresses_and_strangers(client: Callable[..., Any]) -> None:
    unharmed(client("vera"), "/preparation", ("state", "section", "text"))
    assert client().get("/soc2/preparation").status_code == 401


def test_it_is_looked_at(visit: Callable[..., Any], picture: Callable[..., Path]) -> None:
    visitor = visit("vera")
    page = visitor.go("/preparation")
    assert page.locator("ol.way li").count() == 6
    assert page.locator("ol.way li.done").count() == 5
    assert page.locator("ol.way .action").count() == 13
    picture(visitor, "preparation", whole=True)
    phone = visit("vera", phone=True, dark=True)
    phone.go("/preparation")
    assert phone.overflow == 0
