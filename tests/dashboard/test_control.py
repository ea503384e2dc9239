"""Control: what is declared, what a run found, and the way from a number to the raw file in at most three clicks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from soc2_warehouse.dashboard import quality_docs
from soc2_warehouse.settings import Settings

pytestmark = pytest.mark.slow(minutes=0.5)

Visit = Callable[..., Any]


def body(page: Any, caption: str) -> Any:
    return page.get_by_role("region", name=caption).locator("tbody tr")


def newest_run(connection: duckdb.DuckDBPyConnection, control: str) -> dict[str, Any]:
    found = connection.execute(
        "select * from fct_control_run where control_id = ? and is_current order by logical_date desc limit 1",
        [control],
    )
    names = [column[0] for column in found.description]
    row = found.fetchone()
    assert row
    return dict(zip(names, row, strict=True))


@pytest.mark.parametrize(("dark", "phone"), [(False, False), (True, False), (False, True), (True, True)])
def test_control_in_light_and_dark_on_laptop_and_phone(
    visit: Visit, picture: Callable[..., Any], dark: bool, phone: bool
) -> None:
    visitor = visit("vera", dark=dark, phone=phone)
    page = visitor.go("/controls/AC-01")
    page.locator("#population svg").wait_for()
    assert visitor.overflow == 0
    picture(visitor, f"control{'-dark' if dark else ''}{'-phone' if phone else ''}")


def test_a_number_leads_to_its_raw_file_in_three_clicks(
    visit: Visit, published: duckdb.DuckDBPyConnection, pages_home: Path, picture: Callable[..., Any]
) -> None:
    run = newest_run(published, "AC-01")
    visitor = visit("ann")
    page = visitor.go("/controls/AC-01")
    assert page.locator(".card", has_text="Population").locator(".big").inner_text() == str(run["population_count"])
    page.locator(".card", has_text="Population").click()  # 1
    assert page.url.endswith("#lineage")
    extracts = body(page, f"{len(run['input_run_ids'])} extracts that the run read")
    assert extracts.count() == len(run["input_run_ids"]) > 3
    picture(visitor, "control-lineage")
    extracts.filter(has_text="okta.users").get_by_role("link").click()  # 2
    page.wait_for_url("**/sources/okta.users-*")
    uri, sha256 = published.execute(
        "select object_uri, sha256 from fct_extract_run where source_id = 'okta.users' and list_contains(?, run_id)",
        [run["input_run_ids"]],
    ).fetchone() or ("", "")
    text = page.locator("main").inner_text()
    assert uri in text and sha256 in text
    raw = (pages_home / "landing" / uri).read_bytes()
    assert hashlib.sha256(raw).hexdigest() == sha256, "the receipt's hash is the file's"


def test_the_sql_is_the_one_that_the_hash_is_of(visit: Visit, published: duckdb.DuckDBPyConnection) -> None:
    page = visit("vera").go("/controls/AC-01")
    assert page.get_by_text("is the hash of the text below").is_visible()
    page.get_by_text("The compiled SQL").click()
    shown = page.locator("pre code").text_content()
    assert hashlib.sha256(shown.encode()).hexdigest() == newest_run(published, "AC-01")["sql_sha256"]


def test_every_published_control_has_its_sql(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute("select control_id, sql_text, sql_sha256 from dim_control").fetchall()
    assert len(rows) > 50
    for control, text, sha256 in rows:
        assert text and hashlib.sha256(text.encode()).hexdigest() == sha256, control


def test_what_is_declared_stands_there(visit: Visit, published: duckdb.DuckDBPyConnection) -> None:
    page = visit("vera").go("/controls/AC-03")
    statement, criteria = published.execute(
        "select statement, criteria from dim_control where control_id = 'AC-03'"
    ).fetchone() or ("", [])
    assert statement in page.locator(".lead").inner_text()
    assert ", ".join(criteria) in page.locator("dl.facts").first.inner_text()
    parameters = body(page, "In force")
    origins = parameters.locator("td:last-child").all_inner_texts()
    assert parameters.count() > 1 and all(origins)
    assert body(page, "What a row can be found with").filter(has_text="deviation").count() >= 1


def test_rows_are_filtered_and_paged(visit: Visit, published: duckdb.DuckDBPyConnection) -> None:
    control, number = published.execute(
        "select control_id, count(*) as rows from fct_control_row group by all order by rows desc limit 1"
    ).fetchone() or ("", 0)
    assert number > 200
    page = visit("vera").go(f"/controls/{control}?page=2")
    assert body(page, "Every member of the population, passing ones too").count() == 100
    assert (
        f"2 of {-(-number // 100)} · {number:,} rows" in page.get_by_role("navigation", name="More rows").inner_text()
    )
    failing, code = published.execute(
        "select count(*), any_value(codes[1]) from fct_control_row where control_id = 'AC-01' and result = 'exception'"
    ).fetchone() or (0, "")
    assert failing > 0
    for query in ("result=exception", f"result=exception&code={code}"):
        page = visit("vera").go(f"/controls/AC-01?{query}")
        shown = body(page, "Every member of the population, passing ones too")
        assert shown.count() == failing
        assert all("✗ exception" in row for row in shown.all_inner_texts())


def test_exceptions_have_owner_age_due_date_and_history(
    visit: Visit, republished: Callable[..., None], published: duckdb.DuckDBPyConnection
) -> None:
    exception, name = published.execute(
        "select exception_id, entity_name from fct_exception where control_id = 'AC-01' and state = 'open' "
        "order by exception_id limit 1"
    ).fetchone() or ("", "")
    owner, person = published.execute(
        "select person_key, any_value(display_name) from dim_person where display_name is not null group by all "
        "order by all limit 1"
    ).fetchone() or ("", "")
    republished(
        f"update fct_exception set owner_key = '{owner}', due_at = opened_at + interval 1 hour, "
        f"opened_at = opened_at - interval 9 day where exception_id = '{exception}'",
        "insert into fct_exception_event by name select * replace (2 as seq, 'open' as from_state, "
        f"'accepted' as to_state) from fct_exception_event where exception_id = '{exception}' and seq = 1",
    )
    page = visit("vera").go("/controls/AC-01?state=open")
    row = body(page, "Open ones first, by the day promised").filter(has_text=name)
    text = row.inner_text()
    assert person in text and "overdue" in text and "2 changes" in text
    row.get_by_text("2 changes").click()
    assert "accepted" in row.inner_text()


def test_an_older_day_shows_its_own_run(visit: Visit, published: duckdb.DuckDBPyConnection) -> None:
    days = [
        row[0]
        for row in published.execute(
            "select logical_date from fct_control_run where control_id = 'AC-01' and is_current order by 1"
        ).fetchall()
    ]
    assert len(days) > 1
    page = visit("vera").go("/controls/AC-01")
    page.locator(".steps a[rel=prev]").click()
    assert f"day={days[-2]}" in page.url
    run = published.execute(
        "select run_id from fct_control_run where control_id = 'AC-01' and logical_date = ? and is_current", [days[-2]]
    ).fetchone()
    assert run and run[0] in page.locator("#lineage + dl").inner_text()
    assert "those of this day are in the ledger" in page.locator("main").inner_text().lower()


def test_other_sql_and_lost_receipts_are_said(visit: Visit, republished: Callable[..., None]) -> None:
    republished(
        "update fct_control_run set sql_sha256 = 'other' where control_id = 'AC-01'",
        "delete from fct_extract_run where source_id = 'okta.users'",
        "update dim_control set sql_text = sql_text || ' ' where control_id = 'AC-01'",
    )
    page = visit("vera").go("/controls/AC-01")
    assert page.get_by_text("other SQL than the one below").is_visible()
    assert page.get_by_text("is not the hash of the text below").is_visible()
    assert body(page, "extracts that the run read").filter(has_text="no receipt").count() == 1


def test_great_expectations_pages_are_linked(visit: Visit) -> None:
    visitor = visit("vera")
    page = visitor.go("/controls/AC-01")
    link = page.get_by_role("link", name="Great Expectations: last result")
    assert "/quality/validations/AC-01/" in link.get_attribute("href")
    answer = page.request.get(visitor.server + link.get_attribute("href"))
    assert answer.ok and "AC-01" in answer.text()


def test_a_home_without_data_docs_has_no_link(home: Settings) -> None:
    assert quality_docs.pages_of("AC-01") == {"expectations": "", "validation": ""}
    assert quality_docs.file_of("index.html") is None


def test_a_control_that_is_none_is_not_found(client: Callable[..., Any]) -> None:
    told = client("vera").get("/soc2/controls/ZZ-99", headers={"Accept": "text/html"})
    assert told.status_code == 404
    assert "there is no control ZZ-99" in told.text
    assert client("vera").get("/soc2/controls/ac-01").status_code == 200
