"""How the sandbox's CloudTrail is set up. moto gives trails no delivery times and no selectors, so this answers itself.

One trail for all regions, which also keeps reads of objects with personal data, and one of a single region left over
from a trial. Reads of one bucket are kept from 2026-07-05 on (LG-03 NOT_LOGGED until then). The main trail was stopped
for five minutes on 2026-07-05 (LG-09 STOPPED_IN_WINDOW); the trial's was stopped for good two days before, which
interrupts nothing.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import EUROPE, HOME, moment
from soc2_warehouse.sandbox.register_lines.log_streams import personal_buckets
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID

MAIN, TRIAL = "central", "trial"
HOMES = {MAIN: HOME, TRIAL: EUROPE}
SELECTED_LATE = ("arn:aws:s3:::acme-recordings", moment("2026-07-05T09:00"))
BUCKET, LOG_GROUP = "acme-cloudtrail-logs", "aws-cloudtrail-logs"
#: Neither versioned nor locked (LI-01).
TRIAL_BUCKET = "acme-scratch"
LOG_GROUP_ARN = f"arn:aws:logs:{HOME}:{ACCOUNT_ID}:log-group:{LOG_GROUP}"
MADE = moment("2024-01-03T10:00")
#: (trail, stopped, started again or None)
STOPS = (
    (TRIAL, moment("2026-07-03T14:00"), None),
    (MAIN, moment("2026-07-05T11:20"), moment("2026-07-05T11:25")),
)


def arn(name: str) -> str:
    return f"arn:aws:cloudtrail:{HOMES[name]}:{ACCOUNT_ID}:trail/{name}"


def answer(action: str, asked: dict[str, Any], region: str, now: datetime) -> dict[str, Any] | None:
    """What ListTrails, DescribeTrails, GetTrailStatus, GetEventSelectors and ListPublicKeys answer; None for an unknown
    trail.
    """
    if action == "ListPublicKeys":
        return _public_keys()
    if action == "ListTrails":
        return {"Trails": [{"TrailARN": arn(name), "Name": name, "HomeRegion": HOMES[name]} for name in HOMES]}
    if action == "DescribeTrails":
        shown = [name for name in (MAIN, TRIAL) if name == MAIN or HOMES[name] == region]
        if not asked.get("includeShadowTrails", True):
            shown = [name for name in shown if HOMES[name] == region]
        return {"trailList": [_trail(name) for name in shown]}
    name = next((name for name in HOMES if asked.get("Name", asked.get("TrailName")) in (name, arn(name))), None)
    if name is None:
        return None
    if action == "GetTrailStatus":
        return _status(name, now)
    if action == "GetEventSelectors":
        bucket, since = SELECTED_LATE
        read = [f"{ref}/" for ref in personal_buckets() if ref != bucket or since <= now]
        selector = {
            "ReadWriteType": "All",
            "IncludeManagementEvents": True,
            "DataResources": [{"Type": "AWS::S3::Object", "Values": read}] if name == MAIN else [],
            "ExcludeManagementEventSources": [],
        }
        return {"TrailARN": arn(name), "EventSelectors": [selector]}
    return None


def _public_keys() -> dict[str, Any]:
    from soc2_warehouse.sandbox.aws import digests

    key = {
        "Value": base64.b64encode(digests.public_key()).decode(),
        "ValidityStartTime": int(MADE.timestamp()),
        "ValidityEndTime": int(moment("2030-01-01").timestamp()),
        "Fingerprint": digests.fingerprint(),
    }
    return {"PublicKeyList": [key]}


def _trail(name: str) -> dict[str, Any]:
    return {
        "Name": name,
        "S3BucketName": BUCKET if name == MAIN else TRIAL_BUCKET,
        "IncludeGlobalServiceEvents": name == MAIN,
        "IsMultiRegionTrail": name == MAIN,
        "HomeRegion": HOMES[name],
        "TrailARN": arn(name),
        "LogFileValidationEnabled": name == MAIN,
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
        "IsOrganizationTrail": False,
        # The trial's was never connected.
        **({"CloudWatchLogsLogGroupArn": f"{LOG_GROUP_ARN}:*"} if name == MAIN else {}),
    }


def _status(name: str, now: datetime) -> dict[str, Any]:
    stops = [(stopped, started) for trail, stopped, started in STOPS if trail == name and stopped <= now]
    is_logging = all(started is not None and started <= now for _, started in stops)
    until = now if is_logging else stops[-1][0]
    delivered = until - timedelta(minutes=4)
    status: dict[str, Any] = {
        "IsLogging": is_logging,
        "LatestDeliveryTime": int(delivered.timestamp()),
        "LatestDigestDeliveryTime": int((until - timedelta(minutes=35)).timestamp()),
        "StartLoggingTime": int(max([MADE, *(started for _, started in stops if started)]).timestamp()),
        "LatestDeliveryAttemptTime": f"{delivered:%Y-%m-%dT%H:%M:%SZ}",
        "LatestDeliveryAttemptSucceeded": f"{delivered:%Y-%m-%dT%H:%M:%SZ}",
    }
    if stops:
        status["StopLoggingTime"] = int(stops[-1][0].timestamp())
    return status
