"""Alarms of the sandbox's services, and which of them the register of monitors names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
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
    # Returned to OK after its incident was called resolved (IR-07), and before another was.
    ("payments", "availability"): {
        "state": ((QUIET_SINCE, "OK"), (moment("2026-06-30T13:58"), "ALARM"), (moment("2026-06-30T16:30"), "OK"))
    },
    ("ledger-api", "availability"): {
        "state": ((QUIET_SINCE, "OK"), (moment("2026-07-01T09:58"), "ALARM"), (moment("2026-07-01T11:00"), "OK"))
    },
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


def _instant(value: Any) -> datetime:
    """A time as the protocol of the request writes it: seconds, or ISO 8601."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return moment(str(value).replace("Z", "+00:00"))


def _history(plan: AlarmPlan) -> Iterator[dict[str, Any]]:
    """Changes of state, oldest first, as AWS writes them."""
    for (_, before), (since, after) in pairwise(plan.state):
        yield {
            "AlarmName": plan.name,
            "AlarmType": "CompositeAlarm" if plan.composite else "MetricAlarm",
            "Timestamp": since,
            "HistoryItemType": "StateUpdate",
            "HistorySummary": f"Alarm updated from {before} to {after}",
            "HistoryData": json.dumps({"oldState": {"stateValue": before}, "newState": {"stateValue": after}}),
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

    def describe_alarm_history(self: Any) -> Any:
        first, last = (_instant(self._get_param(name)) for name in ("StartDate", "EndDate"))
        here = ALARMS if self.region == HOME else ()
        items = [item for plan in here for item in _history(plan) if first <= item["Timestamp"] <= min(last, _now)]
        return ActionResult({"AlarmHistoryItems": items})

    CloudWatchResponse.describe_alarms = describe_alarms  # type: ignore[method-assign]
    CloudWatchResponse.describe_alarm_history = describe_alarm_history  # type: ignore[attr-defined]
