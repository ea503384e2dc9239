"""GuardDuty of the sandbox company: a detector in every region but one, and what it found.

moto knows no findings and gives detectors ids of its own making, so the answers are those of the plans below.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import ENABLED_REGIONS, EUROPE, HOME, Cloud, moment, stable_hex
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID

#: The region without a detector.
UNWATCHED = "sa-east-1"
#: Smaller than the provider's, so that a run pages.
PAGE = 2


@dataclass(frozen=True)
class Finding:
    """A finding. archived: when somebody archived it; that is an update of it."""

    name: str
    type: str
    severity: float
    at: datetime
    region: str = HOME
    archived: datetime | None = None
    sample: bool = False

    def updated(self, now: datetime) -> datetime:
        return self.archived if self.archived is not None and self.archived <= now else self.at


FINDINGS = (
    # Passed on to the SIEM, where it was answered (sandbox/siem.py).
    Finding("finding-medium", "Behavior:EC2/TrafficVolumeUnusual", 5, moment("2026-06-30T06:00")),
    # Archived and nothing else: NOT_TRIAGED, NOT_CLOSED (AL-06).
    Finding(
        *("finding-archived", "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B", 8, moment("2026-06-20T06:00")),
        archived=moment("2026-06-21T09:00"),
    ),
    # Low: a week to look at it.
    Finding("finding-low", "Recon:EC2/Portscan", 2, moment("2026-06-30T20:00"), EUROPE),
    Finding("finding-sample", "Backdoor:EC2/C&CActivity.B!DNS", 8, moment("2026-06-10T06:00"), sample=True),
)

_now = moment("2026-01-01")


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Findings and detectors are those of ``now``."""
    global _now
    _now = now


def detector(region: str) -> str:
    return stable_hex(32, "detector", region)


def shown(finding: Finding, now: datetime) -> dict[str, Any]:
    """The finding as GetFindings answers it."""
    archived = finding.archived is not None and finding.archived <= now
    found_by = detector(finding.region)
    return {
        "accountId": ACCOUNT_ID,
        "arn": f"arn:aws:guardduty:{finding.region}:{ACCOUNT_ID}:detector/{found_by}/finding/{finding.name}",
        "id": finding.name,
        "partition": "aws",
        "region": finding.region,
        "schemaVersion": "2.0",
        "severity": finding.severity,
        "title": finding.type,
        "type": finding.type,
        "createdAt": f"{finding.at:%Y-%m-%dT%H:%M:%S.000Z}",
        "updatedAt": f"{finding.updated(now):%Y-%m-%dT%H:%M:%S.000Z}",
        "resource": {"resourceType": "Instance"},
        "service": {
            "archived": archived,
            "count": 1,
            "detectorId": found_by,
            "serviceName": "guardduty",
            **({"additionalInfo": {"type": "default", "value": '{"sample":true}'}} if finding.sample else {}),
        },
    }


def fill() -> None:
    """Answers in place of moto's."""
    from moto.guardduty import urls
    from moto.guardduty.responses import GuardDutyResponse

    def list_detectors(self: Any) -> str:
        watched = self.region in ENABLED_REGIONS and self.region != UNWATCHED
        return json.dumps({"detectorIds": [detector(self.region)] if watched else []})

    def get_detector(self: Any) -> str:
        kinds = ("CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS", "S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "RDS_LOGIN_EVENTS")
        return json.dumps(
            {
                "createdAt": "2025-01-10T09:00:00.000Z",
                "updatedAt": "2025-01-10T09:00:00.000Z",
                "findingPublishingFrequency": "FIFTEEN_MINUTES",
                "serviceRole": f"arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/guardduty",
                "status": "ENABLED",
                "features": [{"name": kind, "status": "ENABLED"} for kind in kinds],
            }
        )

    def list_findings(self: Any) -> str:
        asked = json.loads(self.body or "{}")
        since = asked.get("findingCriteria", {}).get("criterion", {}).get("updatedAt", {}).get("greaterThanOrEqual", 0)
        names = [
            one.name
            for one in FINDINGS
            if one.region == self.region and one.at <= _now and one.updated(_now).timestamp() * 1000 >= since
        ]
        begin = int(asked.get("nextToken") or 0)
        following = {"nextToken": str(begin + PAGE)} if begin + PAGE < len(names) else {}
        return json.dumps({"findingIds": names[begin : begin + PAGE], **following})

    def get_findings(self: Any) -> str:
        asked = json.loads(self.body)["findingIds"]
        return json.dumps({"findings": [shown(one, _now) for one in FINDINGS if one.name in asked]})

    for answer in (list_detectors, get_detector, list_findings, get_findings):
        setattr(GuardDutyResponse, answer.__name__, answer)
    for path in ("findings", "findings/get"):
        urls.url_paths[f"{{0}}/detector/(?P<detector_id>[^/]+)/{path}$"] = GuardDutyResponse.dispatch
