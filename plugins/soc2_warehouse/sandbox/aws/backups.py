"""Backups of the sandbox company: snapshots of databases and volumes, and the recovery points of AWS Backup's vaults.

What is made every day or week keeps its newest one only; the rest has a name and stays until it is deleted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import EUROPE, HOME, Cloud, Dated, at, moment, stable_hex
from soc2_warehouse.sandbox.aws.databases import DATABASES, DatabasePlan
from soc2_warehouse.sandbox.aws.keys import ALWAYS, key_arn
from soc2_warehouse.sandbox.aws.volumes import VOLUMES
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID

STORES = {plan.name: plan for plan in DATABASES}
#: (name, region): key of the vault
VAULTS = {("copies", HOME): "backup", ("dr", HOME): "customer-data", ("daily", EUROPE): "ebs-eu"}
#: Stores whose loss the company cannot bear: the register of data stores says so.
REQUIRED = (
    "ledger-main",
    "payments-main",
    "identity-main",
    "notifications-main",
    "crm",
    "card-tokens",
    "sessions-eu",
)


@dataclass(frozen=True)
class BackupPlan:
    """One backup. kind: ``instance`` | ``cluster`` | ``volume`` | ``point`` (a recovery point in ``vault``).

    source: name of the database or volume. shared: whom it is shared with; ``all`` is everybody. Without ``key`` it is
    not encrypted, unless ``encryption_type`` says so; a recovery point may not say.
    """

    kind: str
    name: str
    source: str
    region: str
    created_at: datetime
    key: str | None = None
    encryption_type: str | None = None
    type: str = "manual"
    shared: Dated[tuple[str, ...]] = ((ALWAYS, ()),)
    vault: str | None = None
    says_encrypted: bool = True
    deleted_at: datetime | None = None

    @property
    def snapshot_id(self) -> str:
        return "snap-0" + stable_hex(16, "backup", self.name)

    @property
    def arn(self) -> str:
        place = f"{self.region}:{ACCOUNT_ID}"
        if self.kind == "point":
            return f"arn:aws:backup:{place}:recovery-point:{self.name}"
        if self.kind == "volume":
            return f"arn:aws:ec2:{self.region}::snapshot/{self.snapshot_id}"
        return f"arn:aws:rds:{place}:{'cluster-' if self.kind == 'cluster' else ''}snapshot:{self.name}"

    @property
    def source_arn(self) -> str:
        if self.source in STORES:
            return STORES[self.source].arn
        if self.source in VOLUME_IDS:
            return f"arn:aws:ec2:{self.region}:{ACCOUNT_ID}:volume/{VOLUME_IDS[self.source]}"
        return f"arn:aws:fsx:{self.region}:{ACCOUNT_ID}:file-system/{self.source}"

    @property
    def key_arn(self) -> str | None:
        return key_arn(self.key, self.region) if self.key else None

    def exists(self, now: datetime) -> bool:
        return self.created_at <= now and (self.deleted_at is None or now < self.deleted_at)


VOLUME_IDS = {plan.name: plan.volume_id for plan in VOLUMES} | {
    "workshop.root": "vol-0" + stable_hex(16, "volume", HOME, "workshop.root")
}

NAMED: tuple[BackupPlan, ...] = (
    # Made before encryption was asked for, kept after the database went.
    BackupPlan(
        "instance",
        "legacy-reports-2023",
        "legacy-reports",
        HOME,
        moment("2023-06-01T09:00"),
        shared=((ALWAYS, ("210987654321",)),),  # an auditor's account, not everybody
        deleted_at=moment("2026-07-06T10:00"),
    ),
    BackupPlan("cluster", "crm-before-upgrade", "crm", EUROPE, moment("2026-06-29T09:00")),
    BackupPlan(
        "instance",
        "demo-seed-data",
        "legacy-reports",
        HOME,
        moment("2025-11-03T09:00"),
        shared=((ALWAYS, ()), (moment("2026-07-02T15:00"), ("all",)), (moment("2026-07-04T11:00"), ())),
    ),
    BackupPlan("instance", "analytics-final", "analytics-main", HOME, moment("2026-05-20T09:00"), "warehouse-old"),
    # A copy by hand under a key of its own; nobody made the next one.
    BackupPlan("instance", "identity-main-copy", "identity-main", HOME, moment("2026-06-26T05:00"), "backup"),
    BackupPlan("volume", "old-jenkins-2024", "old-jenkins.data", EUROPE, moment("2024-03-05T09:00"), vault="daily"),
    BackupPlan("volume", "worker-0-monthly", "worker-0.data", EUROPE, moment("2026-06-01T01:00"), "ebs-eu"),
    BackupPlan(
        "volume",
        "workshop-image",
        "workshop.root",
        HOME,
        moment("2026-02-17T10:00"),
        shared=((ALWAYS, ("all",)),),
        deleted_at=moment("2026-07-05T10:00"),
    ),
    # AWS Backup does not say of every kind of resource whether its points are encrypted.
    BackupPlan(
        "point",
        "9f1c2b7e-fsx-import",
        "fs-0a1b2c3d4e5f60718",
        EUROPE,
        moment("2026-07-05T05:00"),
        vault="daily",
        says_encrypted=False,
        deleted_at=moment("2026-07-06T12:00"),
    ),
)
#: Automated snapshots, every night at 03:10, with the key of their source: there is no other choice.
NIGHTLY = ("ledger-main", "payments-main", "identity-main", "billing", "tools-main")
#: (store, vault, key, first, days between)
COPIES = (
    ("ledger-main", "copies", "backup", moment("2026-01-01T05:00"), 1),
    ("payments-main", "copies", "backup", moment("2026-07-04T05:00"), 1),
    ("card-tokens", "copies", "backup", moment("2026-01-07T04:00"), 7),
    # Under the primary of the multi-Region key whose replica protects the table: the same material.
    ("sessions-eu", "dr", "customer-data", moment("2026-01-01T06:00"), 1),
)


def newest(first: datetime, days: int, now: datetime) -> datetime:
    """The last time of a schedule that has come."""
    return first + timedelta(days=days) * ((now - first) // timedelta(days=days))


def plans(now: datetime) -> Iterator[BackupPlan]:
    """Every backup there is at ``now``."""
    for name in NIGHTLY:
        plan: DatabasePlan = STORES[name]
        made = newest(moment("2026-01-01T03:10"), 1, now)
        yield BackupPlan(
            plan.kind,
            f"rds:{name}-{made:%Y-%m-%d-%H-%M}",
            name,
            plan.region,
            made,
            plan.key,
            plan.encryption_type,
            "automated",
        )
    for name, vault, key, first, days in COPIES:
        if first <= now:
            made = newest(first, days, now)
            yield BackupPlan("point", stable_hex(32, name, f"{made:%Y%m%d}"), name, HOME, made, key, vault=vault)
    yield from (plan for plan in NAMED if plan.exists(now))


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Make moto's backups what they are at ``now``."""
    found = list(plans(now))
    for region in (HOME, EUROPE):
        here = [plan for plan in found if plan.region == region]
        rds, ec2 = cloud.backend("rds", region), cloud.backend("ec2", region)
        rds.database_snapshots.clear()
        rds.database_snapshots.update({plan.name: _instance(plan, now) for plan in here if plan.kind == "instance"})
        rds.cluster_snapshots.clear()
        rds.cluster_snapshots.update({plan.name: _cluster(plan, now) for plan in here if plan.kind == "cluster"})
        ec2.snapshots.clear()
        ec2.snapshots.update({plan.snapshot_id: _volume(ec2, plan, now) for plan in here if plan.kind == "volume"})
        _vaults(cloud, region, here)


def _database(plan: BackupPlan, now: datetime) -> dict[str, Any]:
    return {
        "snapshot_create_time": plan.created_at.replace(tzinfo=None),
        "engine": STORES[plan.source].engine,
        "status": "available",
        "snapshot_type": plan.type,
        "kms_key_id": plan.key_arn,
        "storage_encryption_type": plan.encryption_type or ("sse-kms" if plan.key else "none"),
        "attributes": {"restore": list(at(plan.shared, now))},
    }


def _instance(plan: BackupPlan, now: datetime) -> SimpleNamespace:
    return SimpleNamespace(
        **_database(plan, now),
        db_snapshot_identifier=plan.name,
        db_snapshot_arn=plan.arn,
        db_instance_identifier=plan.source,
        encrypted=plan.key is not None,
    )


def _cluster(plan: BackupPlan, now: datetime) -> SimpleNamespace:
    return SimpleNamespace(
        **_database(plan, now),
        db_cluster_snapshot_identifier=plan.name,
        db_cluster_snapshot_arn=plan.arn,
        db_cluster_identifier=plan.source,
        storage_encrypted=plan.key is not None,
    )


def _volume(ec2: Any, plan: BackupPlan, now: datetime) -> Any:
    from moto.ec2.models.elastic_block_store import Snapshot

    source = SimpleNamespace(id=VOLUME_IDS[plan.source], size=100)
    snapshot = Snapshot(ec2, plan.snapshot_id, source, plan.name, plan.key is not None, plan.key_arn)  # type: ignore[no-untyped-call, abstract, unused-ignore]
    snapshot.start_time = plan.created_at.replace(tzinfo=None)
    if "all" in at(plan.shared, now):
        snapshot.create_volume_permission_groups.add("all")
    return snapshot


def _vaults(cloud: Cloud, region: str, here: list[BackupPlan]) -> None:
    from moto.backup.models import Vault

    backend = cloud.backend("backup", region)
    backend.vaults.clear()
    for (name, place), key in VAULTS.items():
        if place != region:
            continue
        vault = Vault(name, key_arn(key, region), "acme", backend)
        vault.creation_date = moment("2025-12-01").timestamp()
        vault.acme_points = [_point(plan, vault.backup_vault_arn) for plan in here if plan.vault == name]  # type: ignore[attr-defined]
        vault.num_of_recovery_points = len(vault.acme_points)  # type: ignore[attr-defined]
        backend.vaults[name] = vault


def _point(plan: BackupPlan, vault_arn: str) -> dict[str, Any]:
    return {
        "RecoveryPointArn": plan.arn,
        "BackupVaultName": plan.vault,
        "BackupVaultArn": vault_arn,
        "ResourceArn": plan.source_arn,
        "ResourceType": {"rds": "RDS", "dynamodb": "DynamoDB", "ec2": "EBS"}.get(plan.source_arn.split(":")[2], "FSx"),
        "Status": "COMPLETED",
        "CreationDate": plan.created_at.timestamp(),
        "CompletionDate": plan.created_at.timestamp(),
        **({"IsEncrypted": plan.key is not None} if plan.says_encrypted else {}),
        **({"EncryptionKeyArn": plan.key_arn} if plan.key else {}),
    }


def fill() -> None:
    """moto knows no recovery points, and shows snapshots of everybody whoever may restore them."""
    from moto.backup import urls
    from moto.backup.responses import BackupResponse
    from moto.core.responses import ActionResult
    from moto.ec2.responses.elastic_block_store import ElasticBlockStore

    if hasattr(BackupResponse, "list_recovery_points_by_backup_vault"):
        return

    def list_recovery_points_by_backup_vault(self: Any) -> str:
        vault = self.backup_backend.describe_backup_vault(self.path.split("/")[2])
        return json.dumps({"RecoveryPoints": vault.acme_points})

    plain = ElasticBlockStore.describe_snapshots

    def describe_snapshots(self: Any) -> Any:
        answer: Any = plain(self)
        if "all" not in self._get_param("RestorableByUserIds", []):
            return answer
        listed = self.ec2_backend.describe_snapshots()
        return ActionResult({"Snapshots": [item for item in listed if item.create_volume_permission_groups]})

    BackupResponse.list_recovery_points_by_backup_vault = list_recovery_points_by_backup_vault  # type: ignore[attr-defined]
    urls.url_paths["{0}/backup-vaults/(?P<name>[^/]+)/recovery-points/$"] = urls.response.dispatch
    ElasticBlockStore.describe_snapshots = describe_snapshots  # type: ignore[method-assign]
