"""Okta: sign-on policies of applications (access policies) with their rules.

Least permissions: an API token of a read-only administrator (or OAuth scope okta.policies.read). Cannot see: what a
custom expression of a rule means. One call for the list and one for each policy, of which there are few.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from soc2_warehouse import http
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Envelope, Read, table
from soc2_warehouse.sources import okta as directory

SOURCE = "okta_policies"
CONNECTION = "okta_default"
CONCURRENCY = 4


def client(connection: Connection) -> directory.Client:
    return directory.client(connection)


def calls(client: directory.Client) -> tuple[int, int, int]:
    return directory.calls(client)


@table(
    kind="snapshot",
    key=("policyId",),
    query="GET /api/v1/policies?type=ACCESS_POLICY and GET /api/v1/policies/{id}/rules",
)
def access_policies(client: directory.Client, read: Read) -> Iterator[Envelope]:
    """The rules of each policy, in one row."""
    read.tenant(client.url)
    policies = http.get(client.session, f"{client.url}/api/v1/policies?type=ACCESS_POLICY").json()
    read.page(len(policies))

    def ask(policy: dict[str, Any]) -> Envelope:
        parent = {"policyId": policy["id"], "name": policy["name"], "policyStatus": policy["status"]}
        try:
            return read.answer(
                http.get(client.session, f"{client.url}/api/v1/policies/{policy['id']}/rules").json(), **parent
            )
        except http.Refused as refusal:
            if refusal.status not in (403, 404):
                raise
            return read.refused(refusal.status, refusal.code, refusal.message, **parent)

    yield from read.each(policies, ask)
