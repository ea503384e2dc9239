"""PagerDuty: incidents and what happened to them, services and who was on call.

Least permissions: a read-only API key. Cannot see: postmortems written elsewhere, incidents of deleted services.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from soc2_warehouse import http
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Read, table

SOURCE = "pagerduty"
CONNECTION = "pagerduty_default"

PAGE = 100
LAST_OFFSET = 10_000
#: One query may span six months at most; a month keeps below the last offset that can be paged to.
SLICE = timedelta(days=30)
#: An incident is found by its creation and changes until it is resolved: recent ones are read again.
STILL_CHANGING = timedelta(days=14)
#: Two days of who was on call: the day that is judged lies within, whenever the night ran.
ONCALL_OF = timedelta(days=2)


@dataclass
class Client:
    session: http.Session
    url: str


def client(connection: Connection) -> Client:
    """A session for the REST API at ``connection.url`` with the API key as password."""
    headers = {
        "Authorization": f"Token token={connection.password}",
        "Accept": "application/vnd.pagerduty+json;version=2",
    }
    return Client(http.session(headers), connection.url)


def calls(client: Client) -> tuple[int, int, int]:
    return client.session.calls, client.session.throttled, client.session.errors


@table(kind="event", key=("id",), query="GET /incidents?since&until&time_zone=UTC&total=true")
def incidents(client: Client, read: Read) -> Iterator[Any]:
    yield from _window(client, read, "incidents", read.since - STILL_CHANGING)


@table(
    kind="event",
    key=("id",),
    query="GET /log_entries?since&until&time_zone=UTC&is_overview=false&total=true",
    time="created_at",
)
def log_entries(client: Client, read: Read) -> Iterator[Any]:
    yield from _window(client, read, "log_entries", read.since, is_overview="false")


@table(kind="snapshot", key=("id",), query="GET /services?total=true")
def services(client: Client, read: Read) -> Iterator[Any]:
    yield from _listed(client, read, "services")


@table(
    kind="snapshot",
    key=("escalation_policy", "escalation_level", "user", "start"),
    query="GET /oncalls?since&until&total=true for the day before",
)
def oncalls(client: Client, read: Read) -> Iterator[Any]:
    since = read.until - ONCALL_OF
    read.parameter("since", since.isoformat())
    yield from _listed(client, read, "oncalls", since=since.isoformat(), until=read.until.isoformat(), time_zone="UTC")


def _listed(client: Client, read: Read, name: str, **params: str) -> Iterator[dict[str, Any]]:
    read.tenant(client.url)
    read.identity("API key (account-level keys have no user)")
    yield from _pages(client, read, name, "in all", params)


def _window(client: Client, read: Read, name: str, since: datetime, **params: Any) -> Iterator[dict[str, Any]]:
    """Records of [since, until), sliced; the total of each slice is held against what its pages gave."""
    read.tenant(client.url)
    read.identity("API key (account-level keys have no user)")
    read.parameter("since", since.isoformat())
    seen: set[str] = set()
    while since < read.until:
        until = min(since + SLICE, read.until)
        for record in _slice(client, read, name, since, until, params):
            if record["id"] not in seen:  # bounds are inclusive on both sides
                seen.add(record["id"])
                yield record
        since = until


def _slice(
    client: Client, read: Read, name: str, since: datetime, until: datetime, params: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    window = {"since": since.isoformat(), "until": until.isoformat(), "time_zone": "UTC"}
    yield from _pages(client, read, name, f"between {since} and {until}", window | params)


def _pages(client: Client, read: Read, name: str, where: str, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    offset, found = 0, 0
    while True:
        page = http.get(
            client.session, f"{client.url}/{name}", total="true", limit=PAGE, offset=offset, **params
        ).json()
        records = page[name]
        read.page(len(records))
        found += len(records)
        yield from records
        if not page.get("more"):
            break
        offset += PAGE
        if offset + PAGE > LAST_OFFSET:
            read.incomplete(f"{name}: more than {LAST_OFFSET} {where}, the API pages no further")
            return
    total = page.get("total")
    if total is not None and total != found:
        read.incomplete(f"{name}: the API counts {total} {where}, its pages held {found}")
