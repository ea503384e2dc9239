"""GitHub accounts of the organisation that have no second factor.

Least permissions: an organisation owner's token; to others GitHub refuses the filter. Cannot see: which factor it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from soc2_warehouse.connections import Connection
from soc2_warehouse.http import Refused
from soc2_warehouse.sources import Envelope, Read, table
from soc2_warehouse.sources._github_client import Client, connect, refused_row

SOURCE = "github_two_factor"
CONNECTION = "github_default"


def client(connection: Connection) -> Client:
    """A client for the organisation in extra ``org``, with a token (the password) or an app (extra)."""
    return connect(connection)


def calls(client: Client) -> tuple[int, int, int]:
    return client.counter.calls, client.counter.throttled, client.counter.errors


@table(kind="snapshot", key=("kind",), query="GET /orgs/{org}/members and /outside_collaborators ?filter=2fa_disabled")
def disabled(client: Client, read: Read) -> Iterator[Envelope]:
    """One row a list, also for an empty one: nobody without a factor is an answer."""
    client.introduce(read)
    for kind in ("members", "outside_collaborators"):
        try:
            pages = client.pages(f"/orgs/{client.org}/{kind}", read, filter="2fa_disabled")
            found = [{"id": user["id"], "login": user["login"]} for page in pages for user in page]
        except Refused as refusal:
            yield refused_row(read, refusal, kind=kind)
            continue
        yield read.answer(found, kind=kind)
