"""AWS CloudTrail's own configuration: trails, whether they log and deliver, what they select; and the organisation.

Least permissions: cloudtrail:ListTrails, cloudtrail:DescribeTrails, cloudtrail:GetTrailStatus,
cloudtrail:GetEventSelectors, organizations:ListAccounts, sts:GetCallerIdentity.

A multi-region trail shows in every region as a shadow; trails of a single other region are described there, so that an
event about one of them can be told from one about the central trail.

Cannot see: trails of other accounts, except an organisation's; what happened between two nights (aws_trail does). An
account that is in no organisation, or may not list it, answers an error: that is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from soc2_warehouse.aws import Aws, ask, pages, record
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Read, table

SOURCE = "aws_trail_config"
CONNECTION = "aws_default"
CONCURRENCY = 4


def client(connection: Connection) -> Aws:
    return Aws(connection, CONCURRENCY)


def calls(client: Aws) -> tuple[int, int, int]:
    return client.counts()


@table(kind="snapshot", key=("Id",), query="Organizations ListAccounts")
def accounts(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    found = ask(
        read,
        lambda: pages(client.client("organizations"), "list_accounts", "Accounts", read),
        CallerAccount=client.caller["Account"],
    )
    if found.error is not None:
        read.page(1)
    yield found


@table(kind="snapshot", key=("TrailARN",), query="CloudTrail ListTrails, DescribeTrails (shadows included)")
def trails(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    account = client.caller["Account"]
    shown = _described(client, read, client.home, True)
    yield read.answer(shown, CallerAccount=account, Region=client.home)
    seen = {trail["TrailARN"] for trail in shown}
    listed = pages(client.client("cloudtrail"), "list_trails", "Trails", read)
    for region in sorted({trail["HomeRegion"] for trail in listed if trail["TrailARN"] not in seen}):
        yield read.answer(_described(client, read, region, False), CallerAccount=account, Region=region)


def _described(client: Aws, read: Read, region: str, shadows: bool) -> list[Any]:
    answer = client.client("cloudtrail", region).describe_trails(includeShadowTrails=shadows)
    read.page(len(answer["trailList"]))
    return list(record(answer)["trailList"])


def _each_trail(client: Aws, read: Read, operation: str) -> Iterator[Any]:
    """One answer for each trail, asked in its home region: elsewhere a shadow's selectors cannot be had."""
    client.introduce(read)
    regions = {
        trail["TrailARN"]: trail.get("HomeRegion") or client.home
        for listed in read.landed("trails")
        for trail in listed.record or []
    }

    def one(arn: str) -> Any:
        trail = client.client("cloudtrail", regions[arn])
        argument = "Name" if operation == "get_trail_status" else "TrailName"
        read.page(1)
        return ask(read, lambda: record(getattr(trail, operation)(**{argument: arn})), TrailARN=arn)

    yield from read.each(sorted(regions), one)


@table(kind="snapshot", key=("TrailARN",), query="CloudTrail GetTrailStatus for each trail")
def trail_status(client: Aws, read: Read) -> Iterator[Any]:
    yield from _each_trail(client, read, "get_trail_status")


@table(kind="snapshot", key=("TrailARN",), query="CloudTrail GetEventSelectors for each trail")
def event_selectors(client: Aws, read: Read) -> Iterator[Any]:
    yield from _each_trail(client, read, "get_event_selectors")
