"""Who gets in: nobody without a login at any address, each role where it may, and no value of an address is SQL."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from fastapi.dependencies.utils import get_flat_dependant
from fastapi.routing import APIRoute

pytestmark = pytest.mark.slow(minutes=1)

Client = Callable[..., httpx.Client]
PREFIX = "/soc2"
HTML = {"Accept": "text/html"}
ROLES = {"vera": "viewer", "ann": "auditor", "dan": "data_team"}
HOSTILE = (
    "'; drop table dim_control; --",
    "x' or '1'='1",
    "$day {{7*7}} %(x)s ?",
    "<script>alert(1)</script>",
    "../../../../etc/passwd",
    "\x00",
    "9" * 400,
    "-1",
)


@pytest.fixture(scope="module")
def app() -> Any:
    """The application that Airflow mounts, for its routes."""
    from soc2_warehouse.dashboard.app import create

    return create()


@pytest.fixture(scope="module")
def routes(app: Any) -> list[APIRoute]:
    """Every route of the application, whichever module it is of."""
    found = [route for route in app.routes if isinstance(route, APIRoute)]
    assert len(found) == len(app.routes), "a route that is not FastAPI's own has no login"
    paths = {route.path for route in found}
    assert {"/", "/window", "/controls/{control_id}", "/quality/{path:path}", "/static/{name}"} <= paths
    return found


def filled(route: APIRoute, value: str = "x") -> str:
    return PREFIX + re.sub(r"{\w+(:\w+)?}", value, route.path)


def test_nobody_gets_in_without_a_login(routes: list[APIRoute], client: Client) -> None:
    for route in routes:
        told = client().get(filled(route))
        assert told.status_code == 401, route.path
        assert told.json() == {"detail": "Not authenticated"}, route.path
        person = client().get(filled(route), headers=HTML)
        assert person.status_code == 302, route.path
        assert person.headers["location"].startswith("/auth/login/?next="), route.path
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert client().request(method, filled(route)).status_code in (401, 405), f"{method} {route.path}"


def test_a_token_that_is_none_does_not_open_the_door(routes: list[APIRoute], server: str) -> None:
    for route in routes:
        told = httpx.get(server + filled(route), headers={"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."})
        assert told.status_code in (401, 403), route.path


def test_assets_are_behind_the_login_too_and_stay_in_their_folder(client: Client) -> None:
    assert client("vera").get(f"{PREFIX}/static/pages.css").status_code == 200
    for name in ("..%2fapp.py", "%2e%2e/app.py", "nothing.css", "%00"):
        assert client("vera").get(f"{PREFIX}/static/{name}").status_code == 404, name


def test_data_docs_stay_in_their_folder(client: Client, pages_home: Path) -> None:
    assert (pages_home / "quality" / "docs" / "index.html").is_file()
    assert client("vera").get(f"{PREFIX}/quality/index.html").status_code == 200
    assert client("vera").get(f"{PREFIX}/quality/expectations/AC-01.html").status_code == 200
    for path in (
        "..%2f..%2fpublished%2fwarehouse.duckdb",
        "%2e%2e/%2e%2e/published/warehouse.duckdb",
        "%2fetc%2fpasswd",
        "static/..%2f..%2f..%2fairflow%2fpasswords.json",
        "%00",
        "no-such-page.html",
        "x" * 5000,
    ):
        assert client("dan").get(f"{PREFIX}/quality/{path}").status_code == 404, path


@pytest.mark.parametrize("user", ROLES)
def test_each_role_sees_the_pages_of_its_navigation_and_no_other(app: Any, client: Client, user: str) -> None:
    assert len(app.state.navigation) >= 2
    home = client(user).get(f"{PREFIX}/", headers=HTML).text
    for link in app.state.navigation:
        allowed = not link.roles or ROLES[user] in link.roles
        assert client(user).get(PREFIX + link.path, headers=HTML).status_code == (200 if allowed else 403), link.path
        assert (f'href="{PREFIX}{link.path}"' in home) == allowed, link.path


@pytest.mark.parametrize("user", ROLES)
def test_only_the_data_team_is_shown_what_starts_something(
    client: Client, published: duckdb.DuckDBPyConnection, user: str
) -> None:
    pages = [client(user).get(PREFIX + path).text for path in ("/", "/window", "/controls/AC-01")]
    assert all(f"{user} · {ROLES[user].replace('_', ' ')}" in page for page in pages)
    is_shown = "/dags/soc2_" in "".join(pages) and "soc2 rebuild" in "".join(pages)
    assert is_shown == (ROLES[user] == "data_team")
    assert (f'href="{PREFIX}/sources/okta.users-' in pages[2]) == (ROLES[user] != "viewer")


def test_every_value_of_an_address_is_a_value(
    routes: list[APIRoute], client: Client, pages_home: Path, published: duckdb.DuckDBPyConnection
) -> None:
    file = pages_home / "published" / "warehouse.duckdb"
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    names = {route.path: sorted({one.alias for one in _query(route)}) for route in routes}
    assert {"category", "verdict", "owner", "severity", "control"} <= set(names["/"])
    tried = 0
    for route in routes:
        for value in HOSTILE:
            asked = [dict.fromkeys(names[route.path], value), *({name: value} for name in names[route.path])]
            for query in asked if value == HOSTILE[0] else asked[:1]:
                told = client("dan").get(filled(route, "AC-01"), params=query, headers=HTML)
                assert told.status_code in (200, 404, 422), f"{route.path} {query}: {told.status_code}"
                assert "<script>alert(1)" not in told.text, f"{route.path} {query}"
                tried += 1
    assert tried > 100
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before


def test_every_part_of_a_path_is_a_value(routes: list[APIRoute], client: Client) -> None:
    with_parts = [route for route in routes if "{" in route.path]
    assert with_parts
    for route in with_parts:
        for value in ("'%20or%20'1'='1", "%27%3B%20drop%20table%20dim_control%3B%20--", "%3Cscript%3Ealert(1)", "%00"):
            told = client("dan").get(filled(route, value), headers=HTML)
            assert told.status_code in (404, 422), f"{route.path} {value}: {told.status_code}"
            assert "<script>alert(1)" not in told.text


def test_a_quote_finds_nothing(client: Client) -> None:
    assert ">AC-01<" in client("vera").get(f"{PREFIX}/", params={"category": "Security"}).text
    assert ">AC-01<" not in client("vera").get(f"{PREFIX}/", params={"category": "x' or '1'='1"}).text


def test_what_the_pages_send_forbids_other_hosts(client: Client) -> None:
    for path in ("/", "/static/pages.css", "/quality/index.html", "/nothing"):
        headers = client("dan").get(PREFIX + path).headers
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path
    assert client("dan").get(f"{PREFIX}/").headers["cache-control"] == "no-store"


def _query(route: APIRoute) -> list[Any]:
    return get_flat_dependant(route.dependant).query_params
