"""AWS backups: snapshots of databases and volumes, who may restore them, and AWS Backup's vaults and recovery points.

Least permissions: ec2:DescribeRegions, rds:DescribeDBSnapshots, rds:DescribeDBClusterSnapshots,
rds:DescribeDBSnapshotAttributes, rds:DescribeDBClusterSnapshotAttributes, ec2:DescribeSnapshots,
backup:ListBackupVaults, backup:ListRecoveryPointsByBackupVault (SecurityAudit holds them all).

Only snapshots that are not encrypted are asked whom they are shared with: AWS lets nobody share an encrypted one with
everybody, nor an automated one with anybody. Cannot see: snapshots of Redshift and ElastiCache, exports to buckets,
copies in other accounts. One row a region, also for an empty one: an empty list is an answer, a missing row is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from soc2_warehouse.aws import Aws, ask, each_region, pages
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Envelope, Read, table

SOURCE = "aws_backups"
CONNECTION = "aws_default"
CONCURRENCY = 8
#: (kind, what lists it, key of the list, field that says encrypted)
LISTS = (
    ("instance", "describe_db_snapshots", "DBSnapshots", "Encrypted"),
    ("cluster", "describe_db_cluster_snapshots", "DBClusterSnapshots", "StorageEncrypted"),
)


def client(connection: Connection) -> Aws:
    return Aws(connection, CONCURRENCY)


def calls(client: Aws) -> tuple[int, int, int]:
    return client.counts()


@table(
    kind="snapshot",
    key=("Region", "Kind"),
    query="RDS DescribeDBSnapshots, DescribeDBClusterSnapshots in each region (own ones)",
)
def rds_snapshots(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    account = client.caller.get("Account")

    def one(region: str) -> list[Envelope]:
        rds = client.client("rds", region)

        def call(operation: str, key: str) -> Any:
            return pages(rds, operation, key, read)

        return [
            ask(read, lambda o=operation, k=key: call(o, k), Region=region, Account=account, Kind=kind)  # type: ignore[misc]
            for kind, operation, key, _ in LISTS
        ]

    for found in read.each(client.enabled_regions, one):
        yield from found


@table(
    kind="snapshot",
    key=("Region", "Kind", "Snapshot"),
    query="RDS DescribeDBSnapshotAttributes, DescribeDBClusterSnapshotAttributes of manual ones without encryption",
)
def rds_snapshot_attributes(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    flags = {kind: flag for kind, _, _, flag in LISTS}
    asked = [
        (str(listed.parent["Region"]), str(listed.parent["Kind"]), snapshot)
        for listed in read.landed("rds_snapshots")
        if listed.parent
        for snapshot in listed.record or []
        if snapshot.get("SnapshotType") == "manual" and not snapshot.get(flags[str(listed.parent["Kind"])])
    ]

    def one(item: tuple[str, str, dict[str, Any]]) -> Envelope:
        region, kind, snapshot = item
        rds = client.client("rds", region)
        is_cluster = kind == "cluster"
        arn = snapshot["DBClusterSnapshotArn" if is_cluster else "DBSnapshotArn"]

        def call() -> Any:
            read.page(1)
            if is_cluster:
                answer = rds.describe_db_cluster_snapshot_attributes(
                    DBClusterSnapshotIdentifier=snapshot["DBClusterSnapshotIdentifier"]
                )
                return answer["DBClusterSnapshotAttributesResult"]["DBClusterSnapshotAttributes"]
            answer = rds.describe_db_snapshot_attributes(DBSnapshotIdentifier=snapshot["DBSnapshotIdentifier"])
            return answer["DBSnapshotAttributesResult"]["DBSnapshotAttributes"]

        return ask(read, call, Region=region, Kind=kind, Snapshot=arn)

    yield from read.each(asked, one)


@table(kind="snapshot", key=("Region",), query="EC2 DescribeSnapshots (OwnerIds=self) in each region")
def ebs_snapshots(client: Aws, read: Read) -> Iterator[Any]:
    yield from each_region(
        client, read, "ec2", lambda ec2: pages(ec2, "describe_snapshots", "Snapshots", read, OwnerIds=["self"])
    )


@table(
    kind="snapshot",
    key=("Region",),
    query="EC2 DescribeSnapshots (OwnerIds=self, RestorableByUserIds=all) in each region with one without encryption",
)
def ebs_public_snapshots(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    regions = sorted(
        str(listed.parent["Region"])
        for listed in read.landed("ebs_snapshots")
        if listed.parent and any(not snapshot.get("Encrypted") for snapshot in listed.record or [])
    )

    def one(region: str) -> Envelope:
        ec2 = client.client("ec2", region)

        def call() -> Any:
            return pages(ec2, "describe_snapshots", "Snapshots", read, OwnerIds=["self"], RestorableByUserIds=["all"])

        return ask(read, call, Region=region)

    yield from read.each(regions, one)


@table(kind="snapshot", key=("Region",), query="AWS Backup ListBackupVaults in each region")
def vaults(client: Aws, read: Read) -> Iterator[Any]:
    yield from each_region(
        client, read, "backup", lambda backup: pages(backup, "list_backup_vaults", "BackupVaultList", read)
    )


@table(
    kind="snapshot",
    key=("Region", "Vault"),
    query="AWS Backup ListRecoveryPointsByBackupVault for each vault that counts any",
)
def recovery_points(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    account = client.caller.get("Account")
    held = [
        (str(listed.parent["Region"]), str(vault["BackupVaultName"]))
        for listed in read.landed("vaults")
        if listed.parent
        for vault in listed.record or []
        if vault.get("NumberOfRecoveryPoints") != 0
    ]

    def one(place: tuple[str, str]) -> Envelope:
        region, vault = place
        backup = client.client("backup", region)

        def call() -> Any:
            operation = "list_recovery_points_by_backup_vault"
            return pages(backup, operation, "RecoveryPoints", read, BackupVaultName=vault)

        return ask(read, call, Region=region, Vault=vault, Account=account)

    yield from read.each(held, one)
