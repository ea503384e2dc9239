"""AWS CloudTrail: management events that changed something, of every enabled region, through LookupEvents.

Least permissions: cloudtrail:LookupEvents, ec2:DescribeRegions, sts:GetCallerIdentity.

Cannot see: events older than 90 days (LookupEvents keeps no more, so a first extraction reaches back no further), data
events (reads of objects and rows), read-only calls (filtered out: ReadOnly=false), anything while no daily extraction
ran for 90 days. Two requests a second and region are all that AWS answers; boto3 waits and repeats. The API tells no
total. What it tells instead: a page is full although it is the last one. Then the range beyond it is asked again, and
an event found there proves a lost page.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from soc2_warehouse.aws import Aws
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Read, table

SOURCE = "aws_trail"
CONNECTION = "aws_default"
CONCURRENCY = 8
PAGE = 50
CHANGES = [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}]


def client(connection: Connection) -> Aws:
    return Aws(connection, CONCURRENCY)


def calls(client: Aws) -> tuple[int, int, int]:
    return client.counts()


@table(
    kind="event",
    key=("EventId",),
    query="CloudTrail LookupEvents (ReadOnly=false), every enabled region",
    kept_days=90,
    time="EventTime",
)
def events(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    regions = client.enabled_regions
    read.parameter("LookupAttributes", CHANGES)
    read.parameter("regions", regions)

    def one(region: str) -> list[Any]:
        return _region(client.client("cloudtrail", region), region, read)

    for found in read.each(regions, one):
        yield from found


def _region(trail: Any, region: str, read: Read) -> list[Any]:
    found: list[Any] = []
    arguments: dict[str, Any] = {"LookupAttributes": CHANGES, "StartTime": read.since, "EndTime": read.until}
    token: str | None = None
    size = 0
    while True:
        page = trail.lookup_events(**arguments, MaxResults=PAGE, **({"NextToken": token} if token else {}))
        size = len(page["Events"])
        read.page(size)
        found.extend(page["Events"])
        token = page.get("NextToken")
        if not token:
            break
    if size == PAGE and _continues(trail, arguments, found):
        read.incomplete(f"{region}: the last page was full, carried no NextToken, and there are earlier events")
    return found


def _continues(trail: Any, arguments: dict[str, Any], found: list[Any]) -> bool:
    """Whether events lie before the oldest one read (events come newest first)."""
    oldest: datetime = found[-1]["EventTime"]
    seen = {event["EventId"] for event in found}
    beyond = trail.lookup_events(**(arguments | {"EndTime": oldest}), MaxResults=PAGE)
    return any(event["EventId"] not in seen for event in beyond["Events"])
