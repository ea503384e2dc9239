"""Vendors: the register, what was seen besides, and what is due, against the published file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from html_tables import published, read, unharmed

pytestmark = pytest.mark.slow(minutes=0.5)
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def file(pages_home: Path) -> Any:
    with published(pages_home) as connection:
        yield connection


def test_the_list_is_every_vendor_and_filters_choose(client: Callable[..., Any], file: Any) -> None:
    get = client("vera").get
    known = file.execute("select name from dim_vendor").fetchall()
    page = read(get("/soc2/vendors", headers=HTML))
    assert sorted(page.tables[0].column("Vendor")) == sorted(name for (name,) in known) and len(known) > 10
    for asked, condition in (
        ({"tier": "critical"}, "tier = 'critical'"),
        ({"registered": "no"}, "not is_registered"),
        ({"seen": "github"}, "list_contains(seen_in, 'github')"),
        (
            {"overdue": "yes"},
            """
            vendor_id in (
                select vendor_id from fct_vendor_assessment_due,
                    (select cast(max(as_of) as date) as day from fct_control_run where is_current) as judged
                where due_at < day or (performed_at is null and (due_from is null or due_from <= day))
            )
            """,
        ),
    ):
        count = file.execute(f"select count(*) from dim_vendor where {condition}").fetchone()[0]
        assert 0 < count < len(known)
        assert read(get("/soc2/vendors", params=asked, headers=HTML)).total == count, asked
    unharmed(client("vera"), "/vendors", ("tier", "registered", "seen", "overdue", "text", "sort"))


def test_one_vendor_has_its_assessments_and_what_was_found(client: Callable[..., Any], file: Any) -> None:
    vendors = file.execute(
        "select distinct split_part(entity_key, '|', 1) from fct_control_row "
        "where control_id = 'VM-03' and result = 'exception' order by 1 limit 3"
    ).fetchall()
    assert vendors
    for (vendor,) in vendors:
        page = read(client("ann").get(f"/soc2/vendors/{vendor}", headers=HTML))
        name, tier = file.execute("select name, tier from dim_vendor where vendor_id = ?", [vendor]).fetchone()
        assert page.heading == name and page.facts["tier"] == tier
        due = file.execute(
            "select replace(kind, '_', ' '), coalesce(cast(performed_at as varchar), 'never'), "
            "coalesce(cast(due_at as varchar), '') from fct_vendor_assessment_due where vendor_id = ? order by kind",
            [vendor],
        ).fetchall()
        shown = page.table("Assessments")
        assert [tuple(row[:3]) for row in shown.rows] == due
        found = file.execute(
            "select count(*) from fct_control_row where starts_with(control_id, 'VM-') "
            "and split_part(entity_key, '|', 1) = ?",
            [vendor],
        ).fetchone()[0]
        results = page.table("What the tests of vendors found").column("Result")
        assert len(results) == found and any("exception" in result for result in results)


def test_who_and_what_is_unknown(client: Callable[..., Any]) -> None:
    for path in ("/soc2/vendors", "/soc2/vendors/x"):
        assert client().get(path).status_code == 401
    for user in ("vera", "ann", "dan"):
        read(client(user).get("/soc2/vendors/x", headers=HTML), 404)


def test_a_visitor_looks_at_a_vendor(visit: Callable[..., Any], picture: Callable[..., Path]) -> None:
    visitor = visit("vera")
    page = visitor.go("/vendors?overdue=yes")
    picture(visitor, "vendors")
    page.locator("tbody").get_by_role("link").first.click()
    page.wait_for_url("**/vendors/*")
    assert page.get_by_role("heading", name="Assessments").is_visible()
    phone = visit("vera", phone=True)
    phone.page.goto(page.url)
    assert phone.overflow == 0
