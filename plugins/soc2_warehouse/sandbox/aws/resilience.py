"""What the sandbox's databases survive and can be restored to: zones, backups, backup and restore jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import Cloud, Dated, at, moment, stable_uuid
from soc2_warehouse.sandbox.aws.databases import DATABASES, DatabasePlan, _held
from soc2_warehouse.sandbox.aws.keys import ALWAYS
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID

#: After the databases.
RANK = 2

#: What fails over to another zone unless it is said otherwise: everything.
MULTI_AZ: dict[str, Dated[bool]] = {
    "notifications-main": ((ALWAYS, False), (moment("2026-07-04T10:00"), True)),
    "ratelimit": ((ALWAYS, False),),
}
#: Members beside each other: the cluster looks like two and is one zone.
ZONES = {"billing-2": "b"}
#: Redshift of an older API, which says nothing on zones.
SILENT = ("adhoc",)

RETENTION: dict[str, Dated[int]] = {
    "tools-main": ((ALWAYS, 3), (moment("2026-07-03T12:00"), 14)),
    "ratelimit": ((ALWAYS, 0),),
    "ledger-replica-eu": ((ALWAYS, 0),),  # replicas are made without backups of their own
}
NO_RECOVERY = ("idempotency",)
#: The transaction log was not shipped between these moments.
STUCK = {"notifications-main": (moment("2026-07-03T15:00"), moment("2026-07-05T12:00"))}
STOPPED_SINCE = {"ledger-archive": moment("2026-03-01T12:00")}
UNSEEN = {"sessions-eu": (moment("2026-07-12"), moment("2026-07-13"))}

#: Stores that AWS Backup copies each night at 01:00, and the nights on which that went wrong.
JOBS = ("ledger-main", "card-tokens")
FAILED_JOBS = {("card-tokens", "2026-07-02"): "PARTIAL"}
JOBS_SINCE = moment("2026-06-01")

_now: datetime = moment("2026-07-01")


def denied(now: datetime) -> list[str]:
    """Requests for the recovery of tables that the reader is not allowed to see at ``now``."""
    return [f"DescribeContinuousBackups .*{name}" for name, (since, until) in UNSEEN.items() if since <= now < until]


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Give moto's databases their zones and restore points; jobs are answered as of ``now``."""
    global _now
    _now = now
    for plan in DATABASES:
        store = _held(cloud, plan).get(plan.name)
        if store is None:
            continue
        multi = at(MULTI_AZ[plan.name], now) if plan.name in MULTI_AZ else True
        kept = at(RETENTION[plan.name], now) if plan.name in RETENTION else 14
        if plan.kind in ("instance", "member", "cluster"):
            store.acme_restorable = _restorable(plan, now).replace(tzinfo=None) if kept else None
        if plan.kind == "instance":
            store.multi_az, store.availability_zone = multi, f"{plan.region}a"
            store.backup_retention_period = kept
        elif plan.kind == "member":
            store.availability_zone = plan.region + ZONES.get(plan.name, "a")
        elif plan.kind == "cluster":
            store.backup_retention_period = kept
        elif plan.kind == "cache":
            store.multi_az = "enabled" if multi else "disabled"
            store.automatic_failover = store.multi_az
            store.snapshot_retention_limit = kept
            store.node_groups[0]["node_group_members"] = [
                {
                    "cache_cluster_id": f"{plan.name}-00{number}",
                    "cache_node_id": "0001",
                    "preferred_availability_zone": plan.region + zone,
                }
                for number, zone in enumerate("ab" if multi else "a", start=1)
            ]
        elif plan.kind == "warehouse":
            store.automated_snapshot_retention_period = kept
            if plan.name not in SILENT:
                store.multi_az = "Enabled" if multi else "Disabled"
        elif plan.kind == "table":
            off = plan.name in NO_RECOVERY
            store.continuous_backups = {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"}
                if off
                else {
                    "PointInTimeRecoveryStatus": "ENABLED",
                    "RecoveryPeriodInDays": 35,
                    "EarliestRestorableDateTime": (now - timedelta(days=35)).timestamp(),
                    "LatestRestorableDateTime": (now - timedelta(minutes=5)).timestamp(),
                },
            }


def _restorable(plan: DatabasePlan, now: datetime) -> datetime:
    """The log is shipped every five minutes, unless it is stuck or the database stands still."""
    since, until = STUCK.get(plan.name, (None, None))
    if since and until and since <= now < until:
        return since
    return STOPPED_SINCE.get(plan.name, now - timedelta(minutes=4))


def _jobs(region: str, since: datetime) -> Iterator[dict[str, Any]]:
    for name in JOBS:
        plan = next(plan for plan in DATABASES if plan.name == name)
        day = max(since, JOBS_SINCE).replace(hour=1, minute=0, second=0, microsecond=0)
        while day <= _now:
            if plan.region == region and day >= since:
                state = FAILED_JOBS.get((name, day.date().isoformat()), "COMPLETED")
                yield {
                    "AccountId": ACCOUNT_ID,
                    "BackupJobId": stable_uuid("backup-job", name, day.isoformat()),
                    "ResourceArn": plan.arn,
                    "State": state,
                    "CreationDate": day.timestamp(),
                    "CompletionDate": (day + timedelta(minutes=40)).timestamp(),
                    "IsEncrypted": True,
                }
            day += timedelta(days=1)


def _restores(region: str) -> Iterator[dict[str, Any]]:
    """ledger-main is restored by AWS Backup on the fifteenth of each month, and what came of it is checked."""
    plan = next(plan for plan in DATABASES if plan.name == "ledger-main")
    day = _now
    while day > _now - timedelta(days=30):
        started = day.replace(hour=2, minute=0, second=0, microsecond=0)
        if plan.region == region and day.day == 15 and started <= _now:
            yield {
                "AccountId": ACCOUNT_ID,
                "RestoreJobId": stable_uuid("restore-job", plan.name, started.isoformat()),
                "SourceResourceArn": plan.arn,
                "Status": "COMPLETED",
                "ValidationStatus": "SUCCESSFUL",
                "RecoveryPointCreationDate": (started - timedelta(minutes=60)).timestamp(),
                "CreationDate": started.timestamp(),
                "CompletionDate": (started + timedelta(minutes=50)).timestamp(),
            }
        day -= timedelta(days=1)


def fill() -> None:
    """Let moto answer restore points and backup jobs from the plans."""
    from moto.backup import urls
    from moto.backup.responses import BackupResponse
    from moto.rds.models import DBCluster, DBInstance

    for model in (DBInstance, DBCluster):
        model.latest_restorable_time = property(  # type: ignore[assignment, method-assign]
            lambda self: getattr(self, "acme_restorable", None)
        )

    def list_backup_jobs(self: Any) -> str:
        after = self._get_param("createdAfter")
        since = datetime.fromisoformat(after.replace("Z", "+00:00")) if after else _now - timedelta(days=30)
        return json.dumps({"BackupJobs": list(_jobs(self.region, since.astimezone(UTC)))})

    def list_restore_jobs(self: Any) -> str:
        return json.dumps({"RestoreJobs": list(_restores(self.region))})

    BackupResponse.list_backup_jobs = list_backup_jobs  # type: ignore[attr-defined]
    BackupResponse.list_restore_jobs = list_restore_jobs  # type: ignore[attr-defined]
    for path in ("backup-jobs", "restore-jobs"):
        urls.url_paths[f"{{0}}/{path}/?$"] = BackupResponse.dispatch
