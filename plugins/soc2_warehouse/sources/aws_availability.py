"""AWS alarms with their history, backup jobs and restore jobs of every enabled region: what stays up and what was kept.

Least permissions: ec2:DescribeRegions, backup:ListBackupJobs, backup:ListRestoreJobs,
cloudwatch:DescribeAlarms, cloudwatch:DescribeAlarmHistory (SecurityAudit holds them all).

Cannot see: regions that the account has not opted into, other accounts, and backups that
something other than AWS Backup or the store itself takes. Backup jobs are those of the last days; AWS
keeps jobs for a month.
One row a region, also for an empty one: an empty list is an answer, a missing row is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from soc2_warehouse.aws import Aws, each_region, pages
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Read, table

SOURCE = "aws_availability"
CONNECTION = "aws_default"
CONCURRENCY = 8
JOBS_OF = timedelta(days=3)


def client(connection: Connection) -> Aws:
    return Aws(connection, CONCURRENCY)


def calls(client: Aws) -> tuple[int, int, int]:
    return client.counts()


@table(
    kind="snapshot",
    key=("Region",),
    query="Backup ListBackupJobs (ByCreatedAfter: three days ago) in each region",
    kept_days=30,
)
def backup_jobs(client: Aws, read: Read) -> Iterator[Any]:
    since = read.until - JOBS_OF
    read.parameter("ByCreatedAfter", since.isoformat())

    def call(backup: Any) -> Any:
        return pages(backup, "list_backup_jobs", "BackupJobs", read, ByCreatedAfter=since)

    yield from each_region(client, read, "backup", call)


@table(kind="snapshot", key=("Region",), query="Backup ListRestoreJobs in each region", kept_days=30)
def restore_jobs(client: Aws, read: Read) -> Iterator[Any]:
    """All of the month that AWS keeps: there are few, and a test counts for a year."""

    def call(backup: Any) -> Any:
        return pages(backup, "list_restore_jobs", "RestoreJobs", read)

    yield from each_region(client, read, "backup", call)


@table(kind="snapshot", key=("Region",), query="CloudWatch DescribeAlarms (metric and composite) in each region")
def alarms(client: Aws, read: Read) -> Iterator[Any]:
    def call(cloudwatch: Any) -> Any:
        found: list[Any] = []
        kinds = ["MetricAlarm", "CompositeAlarm"]
        for page in cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=kinds):
            items = [*(page.get("MetricAlarms") or []), *(page.get("CompositeAlarms") or [])]
            read.page(len(items))
            found.extend(items)
        return found

    yield from each_region(client, read, "cloudwatch", call)


@table(
    kind="event",
    key=("Region",),
    query="CloudWatch DescribeAlarmHistory (StateUpdate, metric and composite) in each region, StartDate to EndDate",
    kept_days=30,
)
def alarm_history(client: Aws, read: Read) -> Iterator[Any]:
    """Changes of state. The first extract sees the month that AWS keeps, whatever the window says."""
    window = {"StartDate": read.since, "EndDate": read.until}
    read.parameter("StartDate", read.since.isoformat())
    kinds = ["MetricAlarm", "CompositeAlarm"]

    def call(cloudwatch: Any) -> Any:
        return pages(
            cloudwatch,
            "describe_alarm_history",
            "AlarmHistoryItems",
            read,
            HistoryItemType="StateUpdate",
            AlarmTypes=kinds,
            **window,
        )

    yield from each_region(client, read, "cloudwatch", call)
