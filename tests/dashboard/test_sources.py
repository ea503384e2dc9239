"""Sources: the newest receipt of each table, its history, and what was made from it, against the published file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from html_tables import ids, published, read, unharmed

pytestmark = pytest.mark.slow(minutes=0.5)
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def file(pages_home: Path) -> Any:
    with published(pages_home) as connection:
        yield connection


def test_only_the_data_team_and_auditors_see_receipts(client: Callable[..., Any], file: Any) -> None:
    run = file.execute("select min(run_id) from fct_extract_run").fetchone()[0]
    for path in ("/soc2/sources", f"/soc2/sources/{run}"):
        assert client().get(path).status_code == 401
        assert client("vera").get(path, headers=HTML).status_code == 403
        for user in ("ann", "dan"):
            read(client(user).get(path, headers=HTML))
    read(client("ann").get("/soc2/sources/none", headers=HTML), 404)


def test_the_list_has_the_newest_receipt_of_each_table(client: Callable[..., Any], file: Any) -> None:
    newest = dict(
        file.execute(
            "select source_id, arg_max(run_id, (logical_date, is_selected, started_at)) from fct_extract_run group by 1"
        ).fetchall()
    )
    shown: list[str] = []
    page, number = None, 0
    while page is None or number < page.pages:
        number += 1
        page = read(client("ann").get("/soc2/sources", params={"page": number}, headers=HTML))
        shown += ids(page.tables[0], "/sources/")
    assert page.total == len(newest) > 100
    assert sorted(shown) == sorted(newest.values())
    table, count = file.execute(
        "select source_id, count(*) from fct_extract_run group by 1 order by 2 desc, 1"
    ).fetchone()
    history = read(client("ann").get("/soc2/sources", params={"table": table}, headers=HTML))
    assert history.total == count > 1


def test_trouble_is_what_receipts_say_against_themselves(client: Callable[..., Any], file: Any) -> None:
    troubled = {
        row[0]
        for row in file.execute(
            """
            select run_id from fct_extract_run
            where (status <> 'complete' or permission_denied > 0 or object_errors > 0 or len(errors) > 0
                or api_reported_total <> rows)
                and logical_date = (select max(logical_date) from fct_extract_run)
            """
        ).fetchall()
    }
    page = read(client("dan").get("/soc2/sources", params={"trouble": "yes"}, headers=HTML))
    shown = ids(page.tables[0], "/sources/")
    assert troubled and troubled <= set(shown)
    status, count = file.execute(
        "select status, count(distinct source_id) from fct_extract_run where status <> 'complete' "
        "and logical_date = (select max(logical_date) from fct_extract_run) group by 1"
    ).fetchone()
    assert read(client("dan").get("/soc2/sources", params={"status": status}, headers=HTML)).total == count
    unharmed(client("dan"), "/sources", ("table", "source", "status", "kind", "trouble", "text", "sort"))


def test_a_receipt_is_shown_whole(client: Callable[..., Any], file: Any) -> None:
    chosen = file.execute(
        """
        select run_id from fct_extract_run where is_selected
        order by permission_denied desc, api_reported_total is null, rows desc, run_id limit 3
        """
    ).fetchall()
    for (run,) in chosen:
        page = read(client("ann").get(f"/soc2/sources/{run}", headers=HTML))
        receipt = file.execute("select * from fct_extract_run where run_id = ?", [run]).fetchdf().iloc[0]
        assert page.heading == f"{receipt.source_id} on {receipt.logical_date:%Y-%m-%d}"
        for name, value in (
            ("query", receipt["query"]),
            ("parameters", receipt.parameters),
            ("credential", receipt.credential_identity),
            ("answered by", receipt.tenant),
            ("file", receipt.object_uri),
            ("SHA-256", receipt.sha256),
            ("rows", f"{receipt['rows']:,}"),
            ("refused", f"{receipt.permission_denied:,}"),
        ):
            assert page.facts[name] == " ".join(str(value).split()), name
        controls = file.execute(
            "select control_id from fct_control_run where is_current and list_contains(input_run_ids, ?) order by 1",
            [run],
        ).fetchall()
        told = [text.split()[0] for text in page.table("Judgements").column("Control")]
        assert told == [control for (control,) in controls]
    assert any(
        file.execute(
            "select count(*) from fct_control_run where list_contains(input_run_ids, ?)", list(run)
        ).fetchone()[0]
        for run in chosen
    )


def test_an_auditor_goes_from_the_list_to_a_receipt(visit: Callable[..., Any], picture: Callable[..., Path]) -> None:
    visitor = visit("ann")
    page = visitor.go("/sources?sort=trouble")
    picture(visitor, "sources")
    page.locator("tbody").get_by_role("link").first.click()
    page.wait_for_url("**/sources/*")
    assert page.get_by_role("heading", name="Populations made from it").is_visible()
    picture(visitor, "source")
    phone = visit("ann", phone=True)
    phone.page.goto(page.url)
    assert phone.overflow == 0
