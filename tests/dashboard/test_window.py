"""Window: the heat map by mouse, keyboard and finger, the tables beside it, and what can be done about days without."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import duckdb
import pytest

pytestmark = pytest.mark.slow(minutes=0.5)

Visit = Callable[..., Any]


def heat(page: Any) -> dict[str, Any]:
    """What the map draws."""
    found: dict[str, Any] = json.loads(page.locator("#heat-data").text_content())
    return found


def row_of(page: Any, control: str) -> dict[str, Any]:
    return next(one for one in heat(page)["controls"] if one["id"] == control)


def body(page: Any, caption: str) -> Any:
    return page.get_by_role("region", name=caption).locator("tbody tr")


def walk_to_the_map(page: Any) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "heat":
            return
    raise AssertionError("the Tab key does not reach the map")


@pytest.mark.parametrize(("dark", "phone"), [(False, False), (True, False), (False, True), (True, True)])
def test_window_in_light_and_dark_on_laptop_and_phone(
    visit: Visit, picture: Callable[..., Any], dark: bool, phone: bool
) -> None:
    visitor = visit("vera", dark=dark, phone=phone)
    page = visitor.go("/window")
    page.locator("#heat-canvas canvas").first.wait_for()
    assert visitor.overflow == 0
    picture(visitor, f"window{'-dark' if dark else ''}{'-phone' if phone else ''}")


def test_every_judged_day_is_there_as_it_was_judged(visit: Visit, published: duckdb.DuckDBPyConnection) -> None:
    shown = heat(visit("vera").go("/window"))
    runs = published.execute(
        "select control_id, date_diff('day', date '" + shown["first"] + "', logical_date) as day, status, reason "
        "from fct_control_run where is_current order by all"
    ).fetchall()
    assert len(runs) > 100
    cells = {one["id"]: one["cells"] for one in shown["controls"]}
    for control, day, status, reason in runs:
        kind = shown["kinds"][cells[control][day]]
        assert (kind["status"], kind["words"].endswith(reason or "")) == (status, True), (control, day)
    assert sum(len(row) - row.count("g") for row in cells.values()) == len(runs)


def test_the_map_is_walked_by_keyboard(visit: Visit) -> None:
    visitor = visit("vera")
    page = visitor.go("/window")
    page.locator("#heat-canvas canvas").first.wait_for()
    walk_to_the_map(page)
    shown = heat(page)
    told = page.locator("#heat-cell")
    first, last = shown["controls"][0]["id"], shown["controls"][-1]["id"]
    assert first in told.inner_text()
    page.keyboard.press("ArrowDown")
    assert shown["controls"][1]["id"] in told.inner_text()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    kind = shown["kinds"][shown["controls"][1]["cells"][0]]
    assert f"{kind['mark']} {kind['words']}" in told.inner_text()
    for _ in range(len(shown["controls"])):
        page.keyboard.press("ArrowDown")
    assert last in told.inner_text()
    assert page.locator("#heat-cursor").is_visible()
    box = page.locator("#heat-cursor").bounding_box()
    assert box and 0 <= box["y"] <= page.viewport_size["height"], "the cursor is not in sight"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/controls/{last}?day={shown['first']}")
    assert page.get_by_role("heading", level=1).inner_text().startswith(last)


def test_a_click_opens_the_run_of_the_day(visit: Visit) -> None:
    visitor = visit("vera")
    page = visitor.go("/window")
    page.locator("#heat-canvas canvas").first.wait_for()
    walk_to_the_map(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    shown = heat(page)
    box = page.locator("#heat-cursor").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url(f"**/controls/{shown['controls'][1]['id']}?day={shown['first']}")


def test_a_finger_chooses_first_and_opens_then(visit: Visit) -> None:
    visitor = visit("vera", phone=True)
    page = visitor.go("/window")
    page.locator("#heat-canvas canvas").first.wait_for()
    box = page.locator("#heat-canvas").bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + 70, box["y"] + 34)
    link = page.locator("#heat-cell a")
    control = heat(page)["controls"][0]["id"]
    assert control in link.inner_text()
    assert "/window" in page.url
    link.click()
    page.wait_for_url(f"**/controls/{control}?day=*")


def gap(control: str, day: Any, cause: str, replay: str, *source_ids: str) -> str:
    """Statement that makes a day of a control a gap. What makes it one is tested where it is computed."""
    return (
        "insert into fct_coverage_gap (control_id, day, is_expected, cause, source_ids, replay) values "
        f"('{control}', '{day}', true, '{cause}', {list(source_ids)}, '{replay}')"
    )


def test_days_without_a_verdict_say_why_and_what_can_be_done(
    visit: Visit, republished: Callable[..., None], published: duckdb.DuckDBPyConnection
) -> None:
    [first] = published.execute("select min(logical_date) from fct_control_run where is_current").fetchone() or [None]
    republished(
        f"delete from fct_control_run where control_id in ('AC-01', 'CM-01', 'EN-05') and logical_date = '{first}'",
        gap("AC-01", first, "run_missing", "lost", "okta.users"),
        gap("CM-01", first, "run_missing", "replayable_once_fetched", "github.ref_updates"),
        gap("EN-05", first, "run_missing", "replayable"),
    )
    page = visit("vera").go("/window")
    found = {id: [row_of(page, id)[name][0] for name in ("cells", "replay")] for id in ("AC-01", "CM-01", "EN-05")}
    assert found == {"AC-01": ["g", "l"], "CM-01": ["g", "e"], "EN-05": ["g", "r"]}
    assert row_of(page, "AC-03")["replay"][0] == "."
    stretches = body(page, "Stretches of days, newest first")
    shown = stretches.filter(has_text="CM-01").inner_text()
    assert "– gap" in shown and "no judgement: github.ref_updates" in shown and "once its events are fetched" in shown
    assert "its receipts are complete" in stretches.filter(has_text="EN-05").inner_text()
    page = visit("dan").go(f"/controls/AC-01?day={first}")
    assert "AC-01 was not judged" in page.locator(".notice").first.inner_text()
    told = page.locator(".notice").nth(1).inner_text()
    assert "lost: a snapshot of that day was not taken" in told and "no judgement: okta.users" in told


def test_not_tested_says_its_reason_in_map_and_tables(
    visit: Visit, republished: Callable[..., None], published: duckdb.DuckDBPyConnection
) -> None:
    republished(
        "update fct_control_run set status = 'not_tested', reason = 'NO_DATA' where control_id = 'AC-02'",
        "update fct_control_run set status = 'not_tested', reason = 'RECON_FAILED' where control_id = 'AC-03'",
        "insert into fct_coverage_gap (control_id, day, is_expected, cause, source_ids, replay) "
        "select 'AC-02', logical_date, true, 'late', [], 'replayable' from fct_control_run where control_id = 'AC-02'",
    )
    page = visit("vera").go("/window?control=AC")
    shown = heat(page)
    assert {shown["kinds"][letter]["words"] for letter in row_of(page, "AC-02")["cells"]} == {"not tested NO_DATA"}
    assert set(row_of(page, "AC-02")["replay"]) == {"r"}, "what was missing is there now"
    assert set(row_of(page, "AC-03")["replay"]) == {"."}, "judging again would say the same"
    days = len(shown["controls"][0]["cells"])
    stretches = body(page, "Stretches of days, newest first")
    assert "not tested RECON_FAILED" in stretches.filter(has_text="AC-03").inner_text()
    counts = body(page, "Days by what they show").filter(has_text="AC-02").locator("td.number").all_inner_texts()
    assert counts[:4] == ["0", "0", str(days), "0"]
    page.get_by_label("Days listed below").select_option("fail")
    page.get_by_role("button", name="Show").click()
    assert "verdict=fail" in page.url and "control=AC" in page.url
    assert all("✗ fail" in row for row in body(page, "Stretches of days, newest first").all_inner_texts())


def test_all_judged_days_are_shown_when_no_window_is_declared(
    visit: Visit, republished: Callable[..., None], published: duckdb.DuckDBPyConnection
) -> None:
    first = published.execute("select min(logical_date) from fct_control_run").fetchone()
    assert first
    republished("delete from dim_engagement")
    assert heat(visit("vera").go("/window"))["first"] == first[0].isoformat()


def test_a_day_that_is_none_gets_a_page_that_says_how(client: Callable[..., Any]) -> None:
    told = client("vera").get("/soc2/window?first=yesterday", headers={"Accept": "text/html"})
    assert told.status_code == 422
    assert "A day is written as 2026-07-01" in told.text
