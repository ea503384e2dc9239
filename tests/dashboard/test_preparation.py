"""Audit preparation: the timeline never says done, the checklist says what its controls say, rows of the guide."""

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


def test_the_timeline_counts_back_from_the_window_and_never_says_done(pages_home: Path, tmp_path: Path) -> None:
    """Also for a window that ends a month: six months before 31 August is 28 February."""
    copy = tmp_path / "warehouse.duckdb"
    shutil.copy(pages_home / "published" / "warehouse.duckdb", copy)
    with duckdb.connect(str(copy)) as connection:
        reader = Reader(connection)
        engagement = {"window_start": date(2027, 8, 31), "window_end": date(2028, 2, 28)}
        steps = timeline(reader, engagement, date(2027, 4, 30))
        assert [step["due_on"] for step in steps] == [
            date(2027, 2, 28),
            date(2027, 4, 30),
            date(2027, 6, 30),
            date(2027, 7, 31),
            date(2027, 8, 31),
            None,
        ]
        assert [step["standing"] for step in steps] == [
            "not recorded, and its day is past",
            *["not recorded"] * 3,
            "begins in 123 days",
            "not recorded",
        ]
        within = timeline(reader, engagement, date(2027, 8, 31))[4]["standing"]
        after = timeline(reader, engagement, date(2028, 2, 29))[4]["standing"]
        assert (within, after) == ("day 1 of 182", "ended on 2028-02-28")
        none = timeline(reader, None, date(2027, 4, 30))
        assert {step["standing"] for step in none} == {"not recorded"} and len(none) == 6


def test_hostile_addresses_and_strangers(client: Callable[..., Any]) -> None:
    unharmed(client("vera"), "/preparation", ("state", "section", "text"))
    assert client().get("/soc2/preparation").status_code == 401


def test_it_is_looked_at(visit: Callable[..., Any], picture: Callable[..., Path]) -> None:
    visitor = visit("vera")
    page = visitor.go("/preparation")
    assert page.locator("ol.way li").count() == 6
    assert page.locator("ol.way li.done").count() == 0
    picture(visitor, "preparation", whole=True)
    phone = visit("vera", phone=True, dark=True)
    phone.go("/preparation")
    assert phone.overflow == 0
