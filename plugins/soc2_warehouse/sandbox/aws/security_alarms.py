"""Metric filters over the trail's log group, and the alarms that ring when one of them counts something.

The filters are written from the seed of patterns, in several hands: with and without quotes, with a source in front,
with a wildcard. Planted (CS-05): a filter that forgot one event, one without an alarm, an alarm that tells nobody, and
one over the wrong log group.
"""

from __future__ import annotations

import csv
from datetime import datetime
from functools import cache
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import HOME, Cloud, moment
from soc2_warehouse.sandbox.aws.trail_config import LOG_GROUP
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID
from soc2_warehouse.settings import PROJECT

#: After the log groups.
RANK = 4

NAMESPACE = "Acme/Trail"
OTHER_GROUP = "cloudtrail-2023"
TOPIC = f"arn:aws:sns:{HOME}:{ACCOUNT_ID}:pages"
#: The event that a filter forgot.
FORGOTTEN = {"route_table": "ReplaceRoute"}
NO_ALARM = ("organizations",)
#: Tells nobody until somebody noticed.
SILENT = {"cmk_deletion": moment("2026-07-04T08:00")}
#: Counts in the log group of the old trail, into which nothing is written any more.
ELSEWHERE = ("network_gateway",)
SOURCE_FIRST = {"bucket_policy": "s3", "cloudtrail_config_change": "cloudtrail"}
CONJUNCTIONS = {
    "auth_failures": '{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }',
    "login_without_mfa": '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }',
    # One wildcard for three of the five names, and the two others.
    "cloudtrail_config_change": "{ ($.eventName = *Trail) || ($.eventName = StartLogging) || "
    "($.eventName = StopLogging) }",
}


@cache
def patterns() -> dict[str, str]:
    """Filter pattern by the name of what it is about."""
    events: dict[str, list[str]] = {}
    with (PROJECT / "dbt_project" / "seeds" / "alarm_patterns.csv").open(newline="") as file:
        for line in csv.DictReader(file):
            if line["role"] == "event" and not line["term"].endswith(f"={FORGOTTEN.get(line['pattern_id'])}"):
                events.setdefault(line["pattern_id"], []).append(line["term"])
    found = {}
    for name, terms in events.items():
        quoted = ['({} = "{}")'.format(*term.split("=")) for term in terms]
        any_of = " || ".join(quoted)
        source = SOURCE_FIRST.get(name)
        found[name] = f"{{ ($.eventSource = {source}.amazonaws.com) && ({any_of}) }}" if source else f"{{ {any_of} }}"
    return found | CONJUNCTIONS


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Filters are made once; alarms are answered from the plans (``bodies``)."""
    if LOG_GROUP in cloud.backend("logs").groups:
        return
    logs = cloud.client("logs")
    for group in (LOG_GROUP, OTHER_GROUP):
        logs.create_log_group(logGroupName=group)
        logs.put_retention_policy(logGroupName=group, retentionInDays=1096)
    for name, pattern in patterns().items():
        logs.put_metric_filter(
            logGroupName=OTHER_GROUP if name in ELSEWHERE else LOG_GROUP,
            filterName=name,
            filterPattern=pattern,
            metricTransformations=[{"metricName": name, "metricNamespace": NAMESPACE, "metricValue": "1"}],
        )


def bodies(now: datetime) -> list[dict[str, Any]]:
    """Alarms as DescribeAlarms answers them."""
    return [
        {
            "AlarmName": f"trail-{name}",
            "AlarmArn": f"arn:aws:cloudwatch:{HOME}:{ACCOUNT_ID}:alarm:trail-{name}",
            "ActionsEnabled": True,
            "AlarmActions": [] if name in SILENT and now < SILENT[name] else [TOPIC],
            "StateValue": "OK",
            "StateTransitionedTimestamp": moment("2026-01-15T08:00"),
            "MetricName": name,
            "Namespace": NAMESPACE,
            "Dimensions": [],
        }
        for name in patterns()
        if name not in NO_ALARM
    ]
