"""Log groups of the sandbox company's applications, and the lifecycle rules of the buckets that hold logs.

moto says neither the class of a group nor whether it is protected; both come from the plans below.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import HOME, Cloud, Dated, at, moment
from soc2_warehouse.sandbox.aws.keys import ALWAYS, key_arn
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID

#: After the keys and the buckets.
RANK = 3


@dataclass(frozen=True)
class GroupPlan:
    """One log group. ``retention``: days, as that changed over time; None is for ever."""

    name: str
    created_at: datetime
    retention: Dated[int | None]
    kind: str = "STANDARD"

    @property
    def arn(self) -> str:
        return group_arn(self.name)


def group_arn(name: str, region: str = HOME) -> str:
    return f"arn:aws:logs:{region}:{ACCOUNT_ID}:log-group:{name}"


GROUPS = (
    GroupPlan("/acme/identity/auth", moment("2024-03-01"), ((ALWAYS, 365),)),
    # RETENTION_TOO_SHORT (LG-02) until it is raised, which brings nothing back: HISTORY_TOO_SHORT.
    GroupPlan("/acme/identity/authz", moment("2024-03-01"), ((ALWAYS, 90), (moment("2026-07-04T10:00"), 365))),
    GroupPlan("/acme/platform/reads", moment("2024-05-01"), ((ALWAYS, 400),)),
    # Two years where three are asked (LG-04); 1,095 days is no value that CloudWatch takes, the next one is 1,096.
    GroupPlan("/acme/platform/config", moment("2024-05-01"), ((ALWAYS, 731),)),
    GroupPlan("/acme/backoffice/admin", moment("2023-02-01"), ((ALWAYS, 1096),)),
    # Ten years, says the setting; a group of this class keeps a day (LG-06).
    GroupPlan("/acme/payments/errors", moment("2025-02-01"), ((ALWAYS, 3653),), "DELIVERY"),
    GroupPlan("/acme/data-platform", moment("2025-09-01"), ((ALWAYS, 1827),)),
)

Rule = dict[str, Any]


def _rule(name: str, prefix: str, **more: Any) -> Rule:
    return {"ID": name, "Status": "Enabled", "Filter": {"Prefix": prefix}, **more}


#: Rules of buckets that hold logs, as those changed over time.
RULES: dict[str, Dated[list[Rule]]] = {
    # About another prefix, about versions, and switched off: none of them shortens what lies under the others.
    "acme-config-history": (
        (
            ALWAYS,
            [
                _rule("snapshots", "snapshots/", Expiration={"Days": 90}),
                _rule("versions", "", NoncurrentVersionExpiration={"NoncurrentDays": 30}),
                _rule("old", "github/", Expiration={"Days": 30}) | {"Status": "Disabled"},
            ],
        ),
    ),
    # RETENTION_TOO_SHORT (LG-01): the rule is about the very prefix.
    "acme-payments-logs": ((ALWAYS, [_rule("short", "auth/", Expiration={"Days": 180})]),),
    # Which log objects have the tag, nobody can say (LG-07 unknown) until the rule goes.
    "acme-identity-logs": (
        (
            ALWAYS,
            [
                _rule("tagged", "", Expiration={"Days": 30})
                | {"Filter": {"And": {"Prefix": "users/", "Tags": [{"Key": "tier", "Value": "hot"}]}}}
            ],
        ),
        (moment("2026-07-04T12:00"), []),
    ),
}


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Make groups and rules what they are at ``now``."""
    logs, backend, key = cloud.client("logs"), cloud.backend("logs"), key_arn("logs", HOME)
    for plan in GROUPS:
        if plan.name not in backend.groups:
            logs.create_log_group(logGroupName=plan.name, kmsKeyId=key)
        group = backend.groups[plan.name]
        group.creation_time = plan.created_at.replace(tzinfo=None)
        group.retention_in_days = at(plan.retention, now)
        group.acme_class = plan.kind
    s3 = cloud.client("s3")
    for bucket, rules in RULES.items():
        if at(rules, now):
            s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": at(rules, now)})
        else:
            s3.delete_bucket_lifecycle(Bucket=bucket)


def fill() -> None:
    """The class of a group, and its protection."""
    from moto.logs.models import LogGroup

    if getattr(LogGroup, "acme_filled", False):
        return
    LogGroup.acme_filled = True  # type: ignore[attr-defined]
    plain = LogGroup.to_describe_dict

    @wraps(plain)
    def to_describe_dict(self: Any) -> dict[str, Any]:
        kind = getattr(self, "acme_class", "STANDARD")
        return {**plain(self), "logGroupClass": kind, "deletionProtectionEnabled": False}

    LogGroup.to_describe_dict = to_describe_dict  # type: ignore[method-assign]
