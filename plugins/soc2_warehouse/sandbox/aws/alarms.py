"""Alarms of the sandbox's services, and which of them the register of monitors names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from soc2_warehouse.sandbox.aws import security_alarms
from soc2_warehouse.sandbox.aws.cloud import HOME, Cloud, Dated, at, moment
from soc2_warehouse.sandbox.aws.keys import ALWAYS
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID, SERVICES

TYPES = {"availability": "HealthyHostCount", "latency": "TargetResponseTime", "saturation": "CPUUtilization"}
TOPIC = f"arn:aws:sns:{HOME}:{ACCOUNT_ID}:pages"
QUIET_SINCE = moment("2026-01-15T08:00")


@dataclass(frozen=True)
class AlarmPlan:
    """One alarm. enabled: dated; state: dated, a state holds since its moment; composite: made of other alarms."""

    service: str
    alarm_type: str
    enabled: Dated[bool] = ((ALWAYS, True),)
    state: Dated[str] = ((QUIET_SINCE, "OK"),)
    deleted_at: datetime | None = None
    composite: bool = False

    @property
    def name(self) -> str:
        return f"{self.service}-{self.alarm_type}"


SPECIAL = {
    ("ledger-web", "latency"): {"deleted_at": moment("2026-07-04T10:00")},
    ("payments", "saturation"): {"enabled": ((ALWAYS, False), (moment("2026-07-03T09:00"), True))},
    # Watches a function that is gone.
    ("notifications", "latency"): {"state": ((moment("2026-06-20T12:00"), "INSUFFICIENT_DATA"),)},
    ("identity", "availability"): {
        "state": (
            (QUIET_SINCE, "OK"),
            (moment("2026-07-01T20:00"), "INSUFFICIENT_DATA"),
            (moment("2026-07-02T12:00"), "OK"),
        )
    },
    ("billing", "availability"): {"composite": True},
}
#: Nobody watches what this service uses up.
UNWATCHED = (("data-platform", "saturation"),)

ALARMS: tuple[AlarmPlan, ...] = tuple(
    AlarmPlan(service, kind, **SPECIAL.get((service, kind), {}))  # type: ignore[arg-type]
    for service in SERVICES
    for kind in TYPES
    if (service, kind) not in UNWATCHED
)

_now: datetime = moment("2026-07-01")


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Alarms are answered from the plans, as of ``now``."""
    global _now
    _now = now


def _body(plan: AlarmPlan) -> dict[str, Any]:
    body: dict[str, Any] = {
        "AlarmName": plan.name,
        "AlarmArn": f"arn:aws:cloudwatch:{HOME}:{ACCOUNT_ID}:alarm:{plan.name}",
        "ActionsEnabled": at(plan.enabled, _now),
        "AlarmActions": [TOPIC],
        "StateValue": at(plan.state, _now),
        "StateTransitionedTimestamp": max([plan.state[0][0], *[since for since, _ in plan.state if since <= _now]]),
    }
    if plan.composite:
        return body | {"AlarmRule": f'ALARM("{plan.service}-hosts") OR ALARM("{plan.service}-errors")'}
    return body | {
        "MetricName": TYPES[plan.alarm_type],
        "Namespace": "AWS/ApplicationELB",
        "Dimensions": [{"Name": "LoadBalancer", "Value": f"app/services/{plan.service}"}],
    }


def fill() -> None:
    """Let moto answer from the plans."""
    from moto.cloudwatch.responses import CloudWatchResponse
    from moto.core.responses import ActionResult

    def describe_alarms(self: Any) -> Any:
        there = [plan for plan in ALARMS if plan.deleted_at is None or _now < plan.deleted_at]
        here = there if self.region == HOME else []
        return ActionResult(
            {
                "MetricAlarms": [_body(plan) for plan in here if not plan.composite]
                + (security_alarms.bodies(_now) if self.region == HOME else []),
                "CompositeAlarms": [_body(plan) for plan in here if plan.composite],
            }
        )

    CloudWatchResponse.describe_alarms = describe_alarms  # type: ignore[method-assign]
