"""What people did to the log group of the trail (LI-02)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from soc2_warehouse.sandbox.aws.trail import ADMIN, BOTO, OFFICE_IP, TrailEvent, user_identity
from soc2_warehouse.sandbox.aws.trail_config import LOG_GROUP
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.rhythm import moment

LOGS = "logs.amazonaws.com"
#: (key, call, request beside the group, when, person, error)
CALLS: tuple[tuple[str, str, dict[str, Any], str, str, str | None], ...] = (
    # A year instead of three, for five minutes: no snapshot shows it. Putting it back shortens nothing.
    ("lowered", "PutRetentionPolicy", {"retentionInDays": 365}, "2026-07-02T13:00", "E1010", None),
    ("restored", "PutRetentionPolicy", {"retentionInDays": 1096}, "2026-07-02T13:05", ADMIN, None),
    (
        "deleted",
        "DeleteLogStream",
        {"logStreamName": "123456789012_CloudTrail_us-east-1"},
        "2026-07-03T09:00",
        ADMIN,
        None,
    ),
    # Refused: nothing happened.
    ("refused", "DeleteLogGroup", {}, "2026-07-03T10:00", "E1011", "AccessDenied"),
)


def events(company: Company) -> Iterator[TrailEvent]:
    for key, name, request, when, ref, error in CALLS:
        user, at = company.aws_user(ref), moment(when)
        asked = {"logGroupName": LOG_GROUP, **request}
        identity = user_identity(user, at)
        yield TrailEvent(f"logs/{key}", name, LOGS, at, user.name, identity, asked, OFFICE_IP, BOTO, error=error)
