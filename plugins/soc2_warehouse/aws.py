"""What the AWS sources share: boto3 clients per service and region, counted; errors as landing rows; whose credentials.

boto3 retries throttling and 5xx itself (standard mode); what it gives up on escapes and fails the table.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from typing import Any

from soc2_warehouse import http
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Envelope, Read

#: Denials come with HTTP 403 from some services and 400 from others; the code is what tells.
DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "UnauthorizedOperation",
        "Client.UnauthorizedOperation",
        "UnauthorizedAccess",
    }
)
ENABLED = ("opt-in-not-required", "opted-in")


@cache
def loader() -> Any:
    """botocore's service models, read once a process: each session would read those of its services again, which
    takes longer than the calls it makes.
    """
    from botocore.loaders import create_loader

    return create_loader()


class Aws:
    """One account. ``client(service, region)`` is thread-safe; ``calls``, ``throttled``, ``errors`` count requests."""

    def __init__(self, connection: Connection, concurrency: int) -> None:
        import boto3
        import botocore.session

        models = botocore.session.get_session()
        models.register_component("data_loader", loader())
        self.connection = connection
        self.home = str(connection.extra.get("region_name") or "us-east-1")
        self._session = boto3.Session(
            connection.login or None,
            connection.password or None,
            connection.extra.get("aws_session_token"),
            region_name=self.home,
            botocore_session=models,
        )
        self._concurrency = concurrency
        self._clients: dict[tuple[str, str], Any] = {}
        self._making = threading.Lock()
        self.counter = http.Counter()

    def client(self, service: str, region: str | None = None) -> Any:
        """The boto3 client of ``service`` in ``region`` (default: the connection's)."""
        from botocore.config import Config

        key = (service, region or self.home)
        with self._making:  # making clients is the one thing of a boto3 session that is not thread-safe
            if key not in self._clients:
                endpoint = self.connection.extra.get(f"{service}_endpoint_url") or self.connection.extra.get(
                    "endpoint_url"
                )
                self._clients[key] = self._session.client(
                    service,  # type: ignore[call-overload]
                    region_name=key[1],
                    endpoint_url=endpoint,
                    config=Config(
                        retries={"mode": "standard", "max_attempts": 6},
                        max_pool_connections=self._concurrency,
                        connect_timeout=10,
                        read_timeout=60,
                        # A server of our own has no wildcard name for each bucket.
                        s3={"addressing_style": "path"} if endpoint else None,
                    ),
                )
                self._count(self._clients[key])
        return self._clients[key]

    def _count(self, client: Any) -> None:
        """Count every request as sent, repetitions included. AWS throttles with 400, 429 or 503: its code tells."""

        def sent(**_: Any) -> None:
            with self.counter.lock:
                self.counter.calls += 1

        def answered(response: Any = None, **_: Any) -> None:
            if response is None:  # the connection broke; the repetition is counted as sent
                return
            code = str(response[1].get("Error", {}).get("Code", ""))
            with self.counter.lock:
                if is_throttled(response[0].status_code, code):
                    self.counter.throttled += 1
                elif response[0].status_code >= 500:
                    self.counter.errors += 1

        client.meta.events.register("before-send", sent)
        client.meta.events.register("needs-retry", answered)

    @cached_property
    def caller(self) -> dict[str, Any]:
        """STS GetCallerIdentity."""
        return record(self.client("sts").get_caller_identity())

    @cached_property
    def regions(self) -> list[dict[str, Any]]:
        """Every region of the partition with its opt-in status."""
        return list(self.client("ec2").describe_regions(AllRegions=True)["Regions"])

    @property
    def enabled_regions(self) -> list[str]:
        return sorted(item["RegionName"] for item in self.regions if item["OptInStatus"] in ENABLED)

    def introduce(self, read: Read) -> None:
        """Put whose credentials read which account on the receipt."""
        read.identity(str(self.caller.get("Arn", "")))
        read.tenant(str(self.caller.get("Account", "")))

    def counts(self) -> tuple[int, int, int]:
        """(requests, throttled, server errors) so far."""
        return self.counter.calls, self.counter.throttled, self.counter.errors


def is_throttled(status: int, code: str) -> bool:
    """Whether an answer means: later."""
    return (
        status == 429 or "Throttl" in code or code in ("SlowDown", "RequestLimitExceeded", "TooManyRequestsException")
    )


def record(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without boto3's own envelope."""
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def ask(read: Read, call: Callable[[], Any], **parent: Any) -> Envelope:
    """``call()`` as one landed row of its parent: the answer, or the error AWS answered instead.

    Throttling and 5xx that boto3 gave up on are no answer: they escape and fail the table.
    """
    from botocore.exceptions import ClientError

    try:
        return read.answer(call(), **parent)
    except ClientError as error:
        return refusal(read, error, **parent)


def each_service(client: Aws, read: Read, services: dict[str, Callable[[Any, Read], Any]]) -> Iterator[Envelope]:
    """One row for each of ``services`` in each enabled region: what its function makes of that region's client."""
    client.introduce(read)
    account = client.caller.get("Account")
    places = [(region, service) for region in client.enabled_regions for service in sorted(services)]

    def one(place: tuple[str, str]) -> Envelope:
        region, service = place
        parent = {"Region": region, "Service": service, "Account": account}
        return ask(read, lambda: services[service](client.client(service, region), read), **parent)

    yield from read.each(places, one)


def refusal(read: Read, error: Any, **parent: Any) -> Envelope:
    """The landed row of a ClientError; raises it again when it says nothing about the object."""
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    answered = error.response.get("Error", {})
    code = str(answered.get("Code", ""))
    if status >= 500 or is_throttled(status, code):
        raise error
    if code in DENIED:
        status = 403
    return read.refused(status, code, str(answered.get("Message", ""))[:300], **parent)


def pages(client: Any, operation: str, key: str, read: Read, **arguments: Any) -> list[Any]:
    """All items under ``key`` of a paginated operation."""
    found: list[Any] = []
    for page in client.get_paginator(operation).paginate(**arguments):
        items = page.get(key) or []
        read.page(len(items))
        found.extend(items)
    return found


def each_region(client: Aws, read: Read, service: str, call: Callable[[Any], Any]) -> Iterator[Envelope]:
    """``call(client of the region)`` for every enabled region; one row each, refused ones included."""
    client.introduce(read)

    def one(region: str) -> Envelope:
        account = client.caller.get("Account")
        return ask(read, lambda: call(client.client(service, region)), Region=region, Account=account)

    yield from read.each(client.enabled_regions, one)
