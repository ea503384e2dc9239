"""Amazon GuardDuty: the detector of each enabled region, and its findings, archived and sample ones included.

Least permissions: guardduty:ListDetectors, guardduty:GetDetector, guardduty:ListFindings, guardduty:GetFindings,
ec2:DescribeRegions, sts:GetCallerIdentity.

Cannot see: findings older than 90 days (GuardDuty deletes them), findings of a region without a detector, who archived
a finding and why: what was done about it stands elsewhere. A region without a detector answers an empty list, which is
kept: that is how it shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from soc2_warehouse.aws import Aws, ask, each_region, pages, record
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Envelope, Read, table

SOURCE = "aws_guardduty"
CONNECTION = "aws_default"
CONCURRENCY = 8
#: GetFindings takes no more ids at once.
BATCH = 50


def client(connection: Connection) -> Aws:
    return Aws(connection, CONCURRENCY)


def calls(client: Aws) -> tuple[int, int, int]:
    return client.counts()


@table(kind="snapshot", key=("Region",), query="GuardDuty ListDetectors, GetDetector, every enabled region")
def detectors(client: Aws, read: Read) -> Iterator[Any]:
    """One row a region: the list of its detectors with their settings; AWS allows one."""

    def settings(region: Any) -> list[Any]:
        found = pages(region, "list_detectors", "DetectorIds", read)
        return [record(region.get_detector(DetectorId=name)) | {"DetectorId": name} for name in found]

    yield from each_region(client, read, "guardduty", settings)


@table(
    kind="event",
    key=("Id",),
    query="GuardDuty ListFindings (updatedAt from the window on), GetFindings, every detector",
    kept_days=90,
)
def findings(client: Aws, read: Read) -> Iterator[Any]:
    """Every finding that came or changed in the window: one that is archived later is read again."""
    client.introduce(read)
    since = int(read.since.timestamp() * 1000)
    read.parameter("updatedAt", {"GreaterThanOrEqual": since})
    places = [
        (row.parent["Region"], detector["DetectorId"])
        for row in read.landed("detectors")
        if row.parent is not None and row.error is None
        for detector in row.record
    ]
    for row in read.landed("detectors"):
        if row.error is not None:
            yield Envelope(parent=row.parent, error=row.error)

    def one(place: tuple[str, str]) -> list[Any] | Envelope:
        region, detector = place
        answer = ask(read, lambda: _found(client.client("guardduty", region), detector, since, read), Region=region)
        return answer if answer.error is not None else list(answer.record)

    for found in read.each(places, one):
        yield from [found] if isinstance(found, Envelope) else found


def _found(region: Any, detector: str, since: int, read: Read) -> list[Any]:
    changed = {"Criterion": {"updatedAt": {"GreaterThanOrEqual": since}}}
    names = pages(region, "list_findings", "FindingIds", read, DetectorId=detector, FindingCriteria=changed)
    found: list[Any] = []
    for begin in range(0, len(names), BATCH):
        asked = names[begin : begin + BATCH]
        answered = region.get_findings(DetectorId=detector, FindingIds=asked)["Findings"]
        if len(answered) < len(asked):
            read.incomplete(f"GetFindings answered {len(answered)} of {len(asked)} findings of detector {detector}")
        found += answered
    return found
