"""Okta: users, their second factors, groups, applications, administrators and the System Log.

Least permissions: an API token of a read-only administrator (or OAuth scopes okta.users.read, okta.factors.read,
okta.groups.read, okta.apps.read, okta.roles.read, okta.logs.read). Cannot see: events older than the log's retention
of 90 days, deleted users, factors enrolled at an upstream identity provider, sign-ins with API tokens.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from soc2_warehouse import http
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Envelope, Read, table

SOURCE = "okta"
CONNECTION = "okta_default"
CONCURRENCY = 8

GONE = "DEPROVISIONED"
#: Log events may arrive late: the window reaches further back than the runner's own overlap.
LATE_ARRIVALS = timedelta(hours=18)
LONGEST_PAUSE_SECONDS = 65


@dataclass
class Client:
    session: http.Session
    url: str
    owner: str | None = None


def client(connection: Connection) -> Client:
    """A session for the organisation at ``connection.url`` with the API token as password."""
    session = http.session({"Authorization": f"SSWS {connection.password}", "Accept": "application/json"})
    session.hooks["response"].append(_pace)
    return Client(session, connection.url)


def calls(client: Client) -> tuple[int, int, int]:
    return client.session.calls, client.session.throttled, client.session.errors


@table(
    kind="snapshot",
    key=("id",),
    query=f'GET /api/v1/users (all statuses but {GONE}) and GET /api/v1/users?filter=status eq "{GONE}"',
)
def users(client: Client, read: Read) -> Iterator[Any]:
    """The default listing leaves out deprovisioned users, so they are asked for apart."""
    _introduce(client, read)
    seen: set[str] = set()
    for expression in (None, f'status eq "{GONE}"'):
        strange: set[str] = set()
        for record in _listed(client, read, "/users", filter=expression):
            status = record.get("status")
            if expression and status != GONE:
                strange.add(str(status))
            if record["id"] not in seen:
                seen.add(record["id"])
                yield record
        if strange:
            read.incomplete(f"filter {expression!r} was ignored: users with status {', '.join(sorted(strange))} came")
    read.parameter("users_seen", len(seen))


@table(kind="snapshot", key=("userId",), query=f"GET /api/v1/users/{{id}}/factors (every user but {GONE})")
def factors(client: Client, read: Read) -> Iterator[Envelope]:
    """One call a user; a refusal for one user is that user's row."""
    _introduce(client, read)
    present = [row.record["id"] for row in read.landed("users") if row.record["status"] != GONE]

    def ask(user_id: str) -> Envelope:
        return _answer(client, read, f"/users/{user_id}/factors", userId=user_id)

    for row in read.each(present, ask):
        read.page()
        yield row


@table(kind="snapshot", key=("id",), query="GET /api/v1/groups")
def groups(client: Client, read: Read) -> Iterator[Any]:
    _introduce(client, read)
    yield from _listed(client, read, "/groups")


@table(kind="snapshot", key=("groupId",), query="GET /api/v1/groups/{id}/users")
def group_members(client: Client, read: Read) -> Iterator[Envelope]:
    _introduce(client, read)

    def ask(group_id: str) -> Envelope:
        return _answer(client, read, f"/groups/{group_id}/users", paged=True, groupId=group_id)

    yield from read.each([row.record["id"] for row in read.landed("groups")], ask)


@table(kind="snapshot", key=("id",), query="GET /api/v1/apps")
def apps(client: Client, read: Read) -> Iterator[Any]:
    _introduce(client, read)
    yield from _listed(client, read, "/apps")


@table(kind="snapshot", key=("userId",), query="GET /api/v1/iam/assignees/users and GET /api/v1/users/{id}/roles")
def admin_roles(client: Client, read: Read) -> Iterator[Envelope]:
    """Who administrates is one list; only for those few are the roles asked for."""
    _introduce(client, read)
    holders: list[str] = []
    address: str | None = f"{client.url}/api/v1/iam/assignees/users?limit=100"
    while address:
        page = http.get(client.session, address).json()
        read.page(len(page["value"]))
        holders += (str(holder["id"]) for holder in page["value"])
        address = page.get("_links", {}).get("next", {}).get("href")

    def ask(user_id: str) -> Envelope:
        return _answer(client, read, f"/users/{user_id}/roles", userId=user_id)

    yield from read.each(holders, ask)


@table(
    kind="event",
    key=("uuid",),
    query="GET /api/v1/logs?since&until&sortOrder=ASCENDING",
    kept_days=90,
    time="published",
)
def system_log(client: Client, read: Read) -> Iterator[Any]:
    """Every event of the window; the provider keeps 90 days and says nothing about what it no longer has."""
    _introduce(client, read)
    since, until = (f"{at:%Y-%m-%dT%H:%M:%S.000Z}" for at in (read.since - LATE_ARRIVALS, read.until))
    read.parameter("since", since)
    read.parameter("until", until)
    yield from _listed(client, read, "/logs", limit=1000, since=since, until=until, sortOrder="ASCENDING")


def _listed(client: Client, read: Read, path: str, limit: int = 200, **params: Any) -> Iterator[dict[str, Any]]:
    """Every record of a list, page by page along ``Link: rel=next``."""
    for page in http.linked_pages(client.session, f"{client.url}/api/v1{path}", limit=limit, **params):
        records = page.json()
        read.page(len(records))
        yield from records


def _answer(client: Client, read: Read, path: str, paged: bool = False, **parent: Any) -> Envelope:
    try:
        if paged:
            return read.answer(list(_listed(client, read, path)), **parent)
        return read.answer(http.get(client.session, f"{client.url}/api/v1{path}").json(), **parent)
    except http.Refused as refusal:
        if refusal.status not in (403, 404):
            raise  # a bad token or a broken server concerns the whole table
        return read.refused(refusal.status, refusal.code, refusal.message, **parent)


def _introduce(client: Client, read: Read) -> None:
    """Whose token reads which organisation, for the receipt. A token may be unable to read its own user."""
    read.tenant(client.url)
    if client.owner is None:
        try:
            me = http.get(client.session, f"{client.url}/api/v1/users/me").json()
            client.owner = str(me["profile"]["login"])
        except http.Refused as refusal:
            client.owner = "" if refusal.status in (403, 404) else None
    read.identity(client.owner or "")


def _pace(response: Any, *_: Any, **__: Any) -> None:
    """Wait for the next window before the limit is hit: Okta's 429 carries a reset time instead of Retry-After."""
    remaining, reset = (response.headers.get(f"X-Rate-Limit-{name}") for name in ("Remaining", "Reset"))
    if remaining is None or reset is None or int(remaining) > CONCURRENCY:
        return
    date = response.headers.get("Date")
    if date is not None:  # both are the server's own time
        pause = int(reset) - parsedate_to_datetime(date).timestamp()
        time.sleep(min(max(pause, 0.0), LONGEST_PAUSE_SECONDS))
