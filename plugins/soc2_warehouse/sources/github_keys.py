"""GitHub's SSH keys: deploy keys of every repository, and credentials authorised for the organisation.

Least permissions: repository administration (read) for deploy keys; organisation administration (read), of an owner's
token, for the authorised credentials, which exist only where the organisation uses SAML single sign-on.

Cannot see: keys of accounts that were not authorised for the organisation; the public list of an account's keys has no
dates. The type and length of an authorised key are not told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from soc2_warehouse.connections import Connection
from soc2_warehouse.http import Refused
from soc2_warehouse.sources import Envelope, Read, table
from soc2_warehouse.sources._github_client import Client, NotAvailable, connect, refused_row

SOURCE = "github_keys"
CONNECTION = "github_default"
CONCURRENCY = 8


def client(connection: Connection) -> Client:
    """A client for the organisation in extra ``org``, with a token (the password) or an app (extra)."""
    return connect(connection)


def calls(client: Client) -> tuple[int, int, int]:
    return client.counter.calls, client.counter.throttled, client.counter.errors


@table(kind="snapshot", key=("repo_id",), query="GET /repos/{repo}/keys")
def deploy_keys(client: Client, read: Read) -> Iterator[Envelope]:
    """One row a repository, also for one without any key."""
    client.introduce(read)
    found = client.listed(f"/orgs/{client.org}/repos", read, type="all", sort="full_name")
    parents = [{"repo_id": repo["id"], "full_name": repo["full_name"]} for repo in found]

    def ask(parent: dict[str, Any]) -> Envelope:
        try:
            keys = [key for page in client.pages(f"/repos/{parent['full_name']}/keys", read) for key in page]
        except Refused as refusal:
            return refused_row(read, refusal, **parent)
        return read.answer(keys, **parent)

    yield from read.each(parents, ask)


@table(kind="snapshot", key=("credential_id",), query="GET /orgs/{org}/credential-authorizations")
def credential_authorizations(client: Client, read: Read) -> Iterator[Any]:
    client.introduce(read)
    try:
        yield from client.listed(f"/orgs/{client.org}/credential-authorizations", read)
    except Refused as refusal:
        if refusal.status != 404:
            raise
        raise NotAvailable("NOT_AVAILABLE: this organisation has no SAML single sign-on") from refusal
