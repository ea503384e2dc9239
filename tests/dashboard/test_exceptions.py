"""Exceptions: the list, its filters and orders, and one exception, against the published file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from html_tables import HOSTILE, ids, published, read, unharmed

from soc2_warehouse.dashboard.listing import ROWS, listed
from soc2_warehouse.dashboard.pages import exceptions
from soc2_warehouse.dashboard.reading import Reader

pytestmark = pytest.mark.slow(minutes=0.5)
HTML = {"Accept": "text/html"}
NO_FILTERS = dict.fromkeys(("state", "control", "owner", "severity", "code", "overdue", "text"), "")


@pytest.fixture(scope="module")
def file(pages_home: Path) -> Any:
    with published(pages_home) as connection:
        yield connection


def test_the_pages_of_the_list_are_the_exceptions_of_the_file(client: Callable[..., Any], file: Any) -> None:
    known = {row[0] for row in file.execute("select exception_id from fct_exception").fetchall()}
    assert len(known) > ROWS, "one page alone shows nothing of paging"
    for order in exceptions.ORDERS:
        seen: list[str] = []
        first = read(client("vera").get("/soc2/exceptions", params={"sort": order}, headers=HTML))
        assert first.total == len(known)
        for number in range(1, first.pages + 1):
            page = read(client("vera").get("/soc2/exceptions", params={"sort": order, "page": number}, headers=HTML))
            seen += ids(page.table("Exceptions"), "/exceptions/")
        assert len(seen) == len(known) and set(seen) == known, order


@pytest.mark.parametrize(
    ("name", "column"),
    [("state", "state"), ("control", "control_id"), ("severity", "severity"), ("code", "code"), ("owner", "owner_key")],
)
def test_a_filter_shows_what_it_names(client: Callable[..., Any], file: Any, name: str, column: str) -> None:
    values = file.execute(
        f"select {column}, count(*) from fct_exception where {column} is not null group by all order by 2, 1 limit 3"
    ).fetchall()
    assert values
    for value, count in values:
        page = read(client("dan").get("/soc2/exceptions", params={name: value}, headers=HTML))
        expected = file.execute(f"select exception_id from fct_exception where {column} = ?", [value]).fetchall()
        assert page.total == count
        assert set(ids(page.table("Exceptions"), "/exceptions/")) <= {row[0] for row in expected}


def test_nobody_is_an_owner_too_and_text_is_found_as_it_is(client: Callable[..., Any], file: Any) -> None:
    unowned = file.execute("select count(*) from fct_exception where owner_key is null").fetchone()[0]
    assert unowned
    page = read(client("dan").get("/soc2/exceptions", params={"owner": "nobody"}, headers=HTML))
    assert page.total == unowned
    for text in ("OKTA|", "%", "acme/payments"):
        count = file.execute(
            """
            select count(*) from fct_exception as raised
            left join dim_person on person_key = owner_key
            left join dim_control as controls on controls.control_id = raised.control_id
            where contains(lower(entity_name), lower($1)) or contains(lower(entity_key), lower($1))
                or contains(lower(reason), lower($1)) or contains(lower(display_name), lower($1))
                or contains(lower(controls.title), lower($1))
            """,
            [text],
        ).fetchone()[0]
        page = read(client("dan").get("/soc2/exceptions", params={"text": text}, headers=HTML))
        assert page.total == count, text


def test_hostile_addresses_are_texts_like_others(client: Callable[..., Any], file: Any) -> None:
    total = file.execute("select count(*) from fct_exception").fetchone()[0]
    unharmed(
        client("vera"), "/exceptions", ("state", "owner", "severity", "code", "control", "text", "sort", "overdue")
    )
    for name in ("state", "owner", "severity", "code", "control", "text"):
        page = read(client("vera").get("/soc2/exceptions", params={name: HOSTILE[0]}, headers=HTML))
        assert page.total == 0, name
    assert read(client("vera").get("/soc2/exceptions", params={"sort": HOSTILE[0]}, headers=HTML)).total == total
    for number in ("-1", "0", "99999999999999999999", "1e9", "", "two"):
        page = read(client("vera").get("/soc2/exceptions", params={"page": number}, headers=HTML))
        assert page.total == total and page.table("Exceptions").rows
    for name in HOSTILE[:6]:
        assert client("vera").get(f"/soc2/exceptions/{name.replace('/', '')}", headers=HTML).status_code in (200, 404)


def test_one_exception_has_its_history_its_decision_and_its_newest_evidence(
    client: Callable[..., Any], file: Any
) -> None:
    chosen = file.execute("select any_value(exception_id) from fct_exception group by state, severity").fetchall()
    assert chosen
    for (identity,) in chosen:
        answer = client("ann").get(f"/soc2/exceptions/{identity}", headers=HTML)
        page = read(answer)
        control, name, key, reason = file.execute(
            "select control_id, entity_name, entity_key, reason from fct_exception where exception_id = ?", [identity]
        ).fetchone()
        assert page.heading == " ".join(f"{control}: {name}".split())
        assert key in page.facts["entity"] and page.facts["id"] == identity
        assert page.facts["why"] == " ".join(reason.split())
        events = file.execute(
            "select to_state from fct_exception_event where exception_id = ? order by seq", [identity]
        ).fetchall()
        assert len(events) == len(page.table("Changes of state").rows) >= 1
        evaluated = file.execute(
            "select result, evidence from fct_control_row where control_id = ? and entity_key = ?", [control, key]
        ).fetchone()
        assert ("not in the population" in answer.text) == (evaluated is None)
        assert f"/soc2/controls/{control}" in page.links


def test_who_may_see_it(client: Callable[..., Any], file: Any) -> None:
    assert client().get("/soc2/exceptions").status_code == 401
    assert client().get("/soc2/exceptions/x").status_code == 401
    assert client("vera").get("/soc2/exceptions/unknown", headers=HTML).status_code == 404
    owned = file.execute("select owner_key from fct_exception join dim_person on person_key = owner_key").fetchone()[0]
    for user, sees in (("vera", False), ("ann", True), ("dan", True)):
        page = read(client(user).get("/soc2/exceptions", params={"owner": owned}, headers=HTML))
        assert any("/people/" in link for link in page.links) == sees, user


def test_overdue_and_age_are_of_the_judged_day(pages_home: Path, tmp_path: Path) -> None:
    """One exception a day past its due day, one due at the very instant, one past it but remediated."""
    copy = tmp_path / "warehouse.duckdb"
    shutil.copy(pages_home / "published" / "warehouse.duckdb", copy)
    with duckdb.connect(str(copy)) as connection:
        late, just, closed = (
            row[0]
            for row in connection.execute(
                "select exception_id from fct_exception where state = 'open' order by exception_id limit 3"
            ).fetchall()
        )
        as_of = connection.execute("select max(as_of) from fct_control_run where is_current").fetchone()[0]
        for identity, state, due in (
            (late, "open", "interval 1 second"),
            (just, "open", "interval 0 day"),
            (closed, "remediated", "interval 9 day"),
        ):
            connection.execute(
                f"update fct_exception set state = $state, due_at = $as_of - {due}, "
                "opened_at = $as_of - interval 10 day, remediated_at = case when $state = 'remediated' "
                "then $as_of - interval 3 day end where exception_id = $identity",
                {"state": state, "as_of": as_of, "identity": identity},
            )
        reader = Reader(connection)
        past = listed(reader, exceptions.FILTERED, NO_FILTERS | {"overdue": "yes"}, exceptions.ORDERS["due"], 1).rows
        ages = {
            row["exception_id"]: row["age_days"]
            for row in reader.rows(
                f"select * from ({exceptions.DATED}) where exception_id in (?, ?, ?)", [late, just, closed]
            )
        }
    assert [row["exception_id"] for row in past] == [late]
    assert ages == {late: 10, just: 10, closed: 7}


def test_a_visitor_filters_and_opens_one(visit: Callable[..., Any], picture: Callable[..., Path], file: Any) -> None:
    visitor = visit("vera")
    page = visitor.go("/exceptions")
    picture(visitor, "exceptions")
    page.locator("select[name=severity]").select_option("critical")
    page.locator("select[name=state]").select_option("open")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**severity=critical**")
    count = file.execute(
        "select count(*) from fct_exception where severity = 'critical' and state = 'open'"
    ).fetchone()[0]
    assert page.locator("tbody tr").count() == min(count, ROWS)
    assert page.locator("select[name=severity]").input_value() == "critical"
    page.locator("tbody tr").first.locator("td").nth(1).get_by_role("link").click()
    page.wait_for_url("**/exceptions/*")
    assert page.get_by_role("heading", name="History").is_visible()
    picture(visitor, "exception")
    phone = visit("vera", phone=True, dark=True)
    phone.go("/exceptions")
    assert phone.overflow == 0
