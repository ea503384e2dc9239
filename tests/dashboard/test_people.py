"""People: who may see them, the list, and everything about one person, against the published file."""

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


def test_only_the_data_team_and_auditors_see_people(client: Callable[..., Any], file: Any) -> None:
    key = file.execute("select min(person_key) from dim_person").fetchone()[0]
    for path in ("/soc2/people", f"/soc2/people/{key}", "/soc2/people/nobody"):
        assert client().get(path).status_code == 401
        for headers in (HTML, {}):
            refused = client("vera").get(path, headers=headers)
            assert refused.status_code == 403 and "@" not in refused.text
    for user in ("ann", "dan"):
        assert read(client(user).get("/soc2/people", headers=HTML)).heading == "People"
        read(client(user).get("/soc2/people/nobody", headers=HTML), 404)
    assert "/soc2/people" not in read(client("vera").get("/soc2/exceptions", headers=HTML)).links


def test_the_list_is_everybody_and_filters_choose(client: Callable[..., Any], file: Any) -> None:
    known = {row[0] for row in file.execute("select person_key from dim_person").fetchall()}
    page = read(client("ann").get("/soc2/people", headers=HTML))
    assert page.total == len(known) > 10
    assert set(ids(page.table("People"), "/people/")) <= {key.replace(":", "%3A") for key in known} | known
    for column, name in (("current_status", "status"), ("kind", "kind")):
        for value, count in file.execute(f"select {column}, count(*) from dim_person group by all").fetchall():
            assert read(client("ann").get("/soc2/people", params={name: value}, headers=HTML)).total == count
    still_in = file.execute(
        """
        select count(distinct people.person_key) from dim_person as people
        inner join bridge_account_person as bridge on bridge.person_key = people.person_key and bridge.valid_to is null
        inner join dim_account as accounts on accounts.source_id = bridge.source_id
            and accounts.account_id = bridge.account_id and accounts.valid_to is null
        where people.current_status = 'ended' and coalesce(accounts.can_sign_in, true)
        """
    ).fetchone()[0]
    assert still_in
    assert read(client("ann").get("/soc2/people", params={"left": "yes"}, headers=HTML)).total == still_in
    unharmed(client("dan"), "/people", ("status", "kind", "left", "text", "sort"))


#: Tables of a person and what the file says that each must hold; $key is the person's.
THEIRS = "(select source_id, account_id from bridge_account_person where person_key = $key)"
TABLES = {
    "Every account": f"select count(*) from (select distinct * from {THEIRS})",
    "Access keys": f"""
        select count(distinct access_key_id) from dim_access_key
        where user_id in (select account_id from {THEIRS} where source_id = 'aws_iam')
    """,
    "SSH keys": "select count(*) from dim_ssh_key where owner_key = $key",
    "What they can do": "select count(*) from fct_effective_permission where person_key = $key",
    "Grants": f"select count(*) from fct_access_grant where is_current and (source_id, account_id) in {THEIRS}",
    "Lines of reviews": "select count(*) from fct_access_review_line where person_key = $key",
    "Spells": "select count(*) from dim_employment_spell where person_key = $key",
}


def test_a_person_has_every_account_key_permission_and_review_line(client: Callable[..., Any], file: Any) -> None:
    chosen = {
        file.execute(sql).fetchone()[0]
        for sql in (
            "select person_key from fct_effective_permission group by 1 order by count(*) desc, 1",
            "select owner_key from dim_ssh_key inner join dim_person on person_key = owner_key order by 1",
            "select person_key from dim_access_key as keys inner join bridge_account_person as links "
            "on links.account_id = keys.user_id where person_key is not null order by 1",
            "select person_key from dim_employment_spell group by 1 order by count(*) desc, 1",
        )
    }
    assert len(chosen) > 1
    seen = dict.fromkeys(TABLES, 0)
    for key in chosen:
        page = read(client("dan").get(f"/soc2/people/{key}", headers=HTML))
        name = file.execute("select display_name from dim_person where person_key = ?", [key]).fetchone()[0]
        assert page.heading == name and page.facts["key"] == key
        for caption, sql in TABLES.items():
            rows = len(page.table(caption).rows)
            assert rows == file.execute(sql, {"key": key}).fetchone()[0], (key, caption)
            seen[caption] += rows
        logins = {
            row[0]
            for row in file.execute(
                "select login from dim_account where valid_to is null and (source_id, account_id) in " + THEIRS,
                {"key": key},
            ).fetchall()
        }
        told = " ".join(page.table("Every account").column("Login"))
        assert all(login in told for login in logins)
    assert all(seen.values()), f"nothing was compared in {seen}"


def test_the_leavers_clock_says_what_was_removed_when(client: Callable[..., Any], file: Any) -> None:
    leavers = file.execute(
        "select person_key, count(*) from fct_offboarding_access group by 1 order by count(*) desc, 1 limit 4"
    ).fetchall()
    assert leavers
    for key, count in leavers:
        page = read(client("ann").get(f"/soc2/people/{key}", headers=HTML))
        clock = page.table("What had to be removed")
        assert len(clock.rows) == count
        expected = file.execute(
            """
            select strftime(deadline_at, '%Y-%m-%d %H:%M'), strftime(deprovisioned_at, '%Y-%m-%d %H:%M'),
                deprovisioned_at > deadline_at, is_enabled_at_horizon
            from fct_offboarding_access where person_key = ? order by end_date, source_id, login
            """,
            [key],
        ).fetchall()
        assert clock.column("Deadline") == [row[0] for row in expected]
        for told, (_, removed, late, enabled) in zip(clock.column("Removed"), expected, strict=True):
            if removed:
                assert told.startswith(removed) and ("late" in told) == late
            elif enabled:
                assert told == "still enabled"


def test_exceptions_about_a_person_are_theirs_and_no_others(client: Callable[..., Any], file: Any) -> None:
    keys = file.execute(
        """
        select links.person_key, count(distinct raised.exception_id) from fct_exception as raised
        inner join bridge_account_person as links
            on raised.entity_key = links.source_id || '|' || links.account_id
        where raised.state = 'open' and links.person_key is not null and starts_with(raised.control_id, 'AC-')
        group by 1 order by 2 desc, 1 limit 3
        """
    ).fetchall()
    assert keys
    for key, at_least in keys:
        shown = ids(
            read(client("dan").get(f"/soc2/people/{key}", headers=HTML)).table("Not closed, of their"), "/exceptions/"
        )
        assert len(shown) >= at_least
        names = file.execute(
            f"""
            select account_id from {THEIRS} union select login from bridge_account_person where person_key = $key
            union select spell_id from dim_employment_spell where person_key = $key union select $key
            union select key_id from dim_ssh_key where owner_key = $key
            union select access_key_id from dim_access_key where user_id in (select account_id from {THEIRS})
            """,
            {"key": key},
        ).fetchall()
        for identity in shown:
            entity = file.execute("select entity_key from fct_exception where exception_id = ?", [identity]).fetchone()[
                0
            ]
            assert {part for (part,) in names} & set(entity.split("|")), entity


def test_an_auditor_looks_somebody_up(visit: Callable[..., Any], picture: Callable[..., Path], file: Any) -> None:
    key, name = file.execute(
        "select person_key, display_name from dim_person "
        "inner join fct_offboarding_access using (person_key) order by 1"
    ).fetchone()
    visitor = visit("ann")
    page = visitor.go("/people")
    picture(visitor, "people")
    page.get_by_label("Name, address or number").fill(name)
    page.get_by_role("button", name="Show").click()
    page.locator("tbody").get_by_role("link", name=name, exact=True).first.click()
    page.wait_for_url("**/people/*")
    assert page.get_by_role("heading", level=1).inner_text() == name
    picture(visitor, "person", whole=True)
    phone = visit("ann", phone=True)
    phone.go(f"/people/{key}")
    assert phone.overflow == 0
