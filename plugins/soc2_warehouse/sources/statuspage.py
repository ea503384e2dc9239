"""Statuspage (Atlassian): posts on the company's public status page, and how many subscribers it has.

Least permissions: an API key of a user who manages the page (Statuspage has no read-only keys); ``schema`` of the
connection is the id of the page. Cannot see: who of the subscribers opened what was sent, and posts that were deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from soc2_warehouse import http
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Read, table

SOURCE = "statuspage"
CONNECTION = "statuspage_default"

PAGE = 100
#: A post is found by its creation and gets updates until it is resolved: recent ones are read again.
STILL_CHANGING = timedelta(days=14)


@dataclass
class Client:
    session: http.Session
    url: str
    page: str


def client(connection: Connection) -> Client:
    """A session for the API at ``connection.url`` with the API key as password, for the page ``connection.schema``."""
    session = http.session({"Authorization": f"OAuth {connection.password}"})
    return Client(session, connection.url, connection.schema)


def calls(client: Client) -> tuple[int, int, int]:
    return client.session.calls, client.session.throttled, client.session.errors


@table(kind="event", key=("id",), query="GET /v1/pages/{page_id}/incidents?limit=100&page=1…, newest first")
def incidents(client: Client, read: Read) -> Iterator[Any]:
    """Newest first; the API has no window, so pages are read until posts are older than it, and knows no total."""
    since = read.since - STILL_CHANGING
    _introduce(client, read)
    read.parameter("created since", since.isoformat())
    number, seen = 1, set[str]()
    while True:
        posts = http.get(
            client.session, f"{client.url}/v1/pages/{client.page}/incidents", limit=PAGE, page=number
        ).json()
        read.page(len(posts))
        for post in posts:
            # A post made while we page moves the others on: the last of a page comes again.
            if since <= datetime.fromisoformat(post["created_at"]) and post["id"] not in seen:
                seen.add(post["id"])
                yield post
        if len(posts) < PAGE or datetime.fromisoformat(posts[-1]["created_at"]) < since:
            return
        number += 1


@table(kind="snapshot", key=("page_id",), query="GET /v1/pages/{page_id}/subscribers/count")
def subscribers(client: Client, read: Read) -> Iterator[Any]:
    """One row: subscribers by the way they are told."""
    _introduce(client, read)
    counts = http.get(client.session, f"{client.url}/v1/pages/{client.page}/subscribers/count").json()
    read.page(1)
    yield read.answer(counts, page_id=client.page)


def _introduce(client: Client, read: Read) -> None:
    read.tenant(f"{client.url}/v1/pages/{client.page}")
    read.identity("API key")
