"""Posture: its figures are those of the ledger, its filters stand in the address, and trouble is on the first page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest

pytestmark = pytest.mark.slow(minutes=0.5)

Visit = Callable[..., Any]
NEWEST = "is_current and logical_date = (select max(logical_date) from fct_control_run)"


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = connection.execute(sql).fetchone()
    assert row
    return row[0]


def big(page: Any, title: str) -> str:
    """The large figure of a card."""
    return str(page.locator(".card", has_text=title).first.locator(".big").inner_text())


def body(page: Any, caption: str) -> Any:
    """The rows of the table with this caption."""
    return page.get_by_role("region", name=caption).locator("tbody tr")


@pytest.mark.parametrize(("dark", "phone"), [(False, False), (True, False), (False, True), (True, True)])
def test_posture_in_light_and_dark_on_laptop_and_phone(
    visit: Visit, picture: Callable[..., Any], dark: bool, phone: bool
) -> None:
    visitor = visit("vera", dark=dark, phone=phone)
    page = visitor.go("/")
    page.locator("#trend svg").wait_for()
    assert visitor.overflow == 0
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") != dark
    picture(visitor, f"posture{'-dark' if dark else ''}{'-phone' if phone else ''}")


def test_readiness_is_passes_of_all_in_scope(visit: Visit, published: duckdb.DuckDBPyConnection) -> None:
    passed, everything = published.execute(
        f"select count(*) filter (where status = 'pass'), count(*) from fct_control_run "
        f"where {NEWEST} and reason is distinct from 'OUT_OF_SCOPE'"
    ).fetchone() or (0, 0)
    assert everything > 50
    page = visit("vera").go("/")
    assert big(page, "Readiness") == f"{100 * passed // everything} %"
    assert page.get_by_text(f"{passed} of {everything} in scope").is_visible()
    for status in ("pass", "fail", "not_tested"):
        expected = one(published, f"select count(*) from fct_control_run where {NEWEST} and status = '{status}'")
        assert page.locator(f'.card[href*="verdict={status}"] .big').inner_text() == str(expected)


def test_filters_stand_in_the_address(visit: Visit, published: duckdb.DuckDBPyConnection) -> None:
    visitor = visit("vera")
    page = visitor.go("/")
    page.locator("select[name=category]").select_option("Availability")
    page.locator("select[name=severity]").select_option("high")
    page.locator("select[name=verdict]").select_option("fail")
    page.get_by_role("button", name="Show").click()
    assert "category=Availability" in page.url and "severity=high" in page.url and "verdict=fail" in page.url
    expected = one(
        published,
        f"select count(*) from fct_control_run where {NEWEST} and category = 'Availability' and severity = 'high' "
        "and status = 'fail'",
    )
    assert expected > 0
    assert body(page, f"{expected} controls").count() == expected
    again = visit("vera")
    again.page.goto(page.url)
    assert again.page.locator("select[name=category]").input_value() == "Availability"
    assert body(again.page, f"{expected} controls").count() == expected


def test_the_newest_day_is_compared_with_the_judged_day_before(
    visit: Visit, republished: Callable[..., None], published: duckdb.DuckDBPyConnection
) -> None:
    day = one(published, "select max(logical_date) from fct_control_run")
    republished(
        f"update fct_control_run set status = 'pass', reason = null where control_id = 'AC-01' and {NEWEST}",
        "update fct_control_run set status = 'not_tested', reason = 'NO_DATA' where control_id = 'AC-01' "
        f"and logical_date = date '{day}' - 1",
    )
    page = visit("vera").go("/")
    changed = body(page, "Controls with another verdict").filter(has_text="AC-01")
    assert changed.count() == 1
    assert changed.locator(".status").all_inner_texts() == ["○ not tested", "● pass"]
    assert "NO_DATA" in changed.inner_text()
    moved = one(published, f"select count(*) from fct_exception_event where logical_date = '{day}'")
    numbers = body(page, "Exceptions that changed their state").locator("td.number").all_inner_texts()
    assert sum(int(number.replace(",", "")) for number in numbers) == moved > 0


def test_a_day_that_was_not_judged_between_is_said(
    visit: Visit, republished: Callable[..., None], published: duckdb.DuckDBPyConnection
) -> None:
    day = one(published, "select max(logical_date) from fct_control_run")
    republished(
        f"delete from fct_control_run where logical_date < date '{day}' - 1",
        f"update fct_control_run set logical_date = logical_date - 2 where logical_date < date '{day}'",
    )
    page = visit("vera").go("/")
    assert page.get_by_text("2 days between were not judged").is_visible()


def test_what_is_overdue_is_open_and_past_its_day(visit: Visit, republished: Callable[..., None]) -> None:
    republished(
        "update fct_exception set due_at = last_seen_at - interval 3 day where control_id = 'AC-01'",
        "update fct_exception set state = 'accepted' where exception_id in "
        "(select exception_id from fct_exception where control_id = 'AC-01' and state = 'open' limit 1)",
    )
    page = visit("vera").go("/?control=AC-01")
    shown = body(page, "Open past the day promised, oldest promise first")
    assert shown.count() == int(big(page, "Overdue")) > 0
    assert all("AC-01" in row for row in shown.all_inner_texts())
    shown.first.get_by_role("link").nth(1).click()
    assert "/exceptions/" in page.url
    assert page.get_by_role("heading", level=1).inner_text().startswith("AC-01")


def test_a_source_that_is_missing_names_the_controls_that_wait(visit: Visit, republished: Callable[..., None]) -> None:
    republished(
        "update meta_control_source set state = 'no_data', usable_day = null where source_id = 'okta.users'",
        "update meta_control_source set state = 'stale' "
        "where source_id = 'github.repositories' and control_id = 'CM-02'",
        "update fct_extract_run set status = 'failed', errors = ['401 from the API'], is_selected = false "
        "where source_id = 'okta.users'",
    )
    page = visit("vera").go("/")
    troubled = body(page, "Tables that are not as the controls need them")
    users = troubled.filter(has_text="okta.users").inner_text()
    assert "✗ no data" in users and "✗ failed" in users and "401 from the API" in users and "AC-01" in users
    assert "never" in users
    waiting = int(big(page, "Waiting for data"))
    assert waiting > 5
    assert "○ stale" in troubled.filter(has_text="github.repositories").inner_text()
    assert "CM-02" in troubled.filter(has_text="github.repositories").inner_text()


def test_nothing_in_trouble_is_said_too(visit: Visit, republished: Callable[..., None]) -> None:
    republished("update meta_control_source set state = 'usable'", "update fct_extract_run set status = 'complete'")
    page = visit("vera").go("/")
    assert page.get_by_text("Every table that a control needs is there and fresh.").is_visible()
    assert big(page, "Waiting for data") == "0"


def test_status_is_never_told_by_colour_alone(visit: Visit) -> None:
    page = visit("vera").go("/")
    texts = page.locator(".status").all_inner_texts()
    assert len(texts) > 50
    assert all(len(text.split()) >= 2 or text in ("●", "○", "✗") for text in texts), texts
    bars = page.locator(".bar").evaluate_all("bars => bars.map(bar => bar.getAttribute('aria-label'))")
    assert bars and all("pass" in label and "not tested" in label for label in bars)


def test_a_file_of_another_version_is_said_and_not_an_error_of_ours(
    client: Callable[..., Any], republished: Callable[..., None]
) -> None:
    republished("drop table meta_control_source")
    told = client("vera").get("/soc2/", headers={"Accept": "text/html"})
    assert told.status_code == 503
    assert "Published by another version" in told.text
