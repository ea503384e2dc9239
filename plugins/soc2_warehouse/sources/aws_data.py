"""AWS data stores and keys: RDS, ElastiCache, Redshift, DynamoDB, EBS and KMS of every enabled region.

Least permissions: ec2:DescribeRegions, ec2:DescribeVolumes, ec2:GetEbsEncryptionByDefault, rds:DescribeDBInstances,
rds:DescribeDBClusters, rds:DescribeDBParameters, rds:DescribeDBClusterParameters,
elasticache:DescribeReplicationGroups, redshift:DescribeClusters, dynamodb:ListTables,
dynamodb:DescribeTable, kms:ListKeys, kms:DescribeKey, kms:GetKeyRotationStatus, kms:ListKeyRotations, kms:ListAliases
(SecurityAudit holds them all). A key's own policy may deny the reader nevertheless: then its row carries the error.

Cannot see: regions that the account has not opted into, other accounts, ElastiCache clusters outside a replication
group, key material. One row a region, also for an empty one: an empty list is an answer, a missing row is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from soc2_warehouse.aws import Aws, ask, each_region, pages, record, refusal
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Envelope, Read, table

SOURCE = "aws_data"
CONNECTION = "aws_default"
CONCURRENCY = 8


def client(connection: Connection) -> Aws:
    return Aws(connection, CONCURRENCY)


def calls(client: Aws) -> tuple[int, int, int]:
    return client.counts()


@table(kind="snapshot", key=("RegionName",), query="EC2 DescribeRegions (AllRegions=true)")
def regions(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    read.page(len(client.regions))
    yield from client.regions


@table(kind="snapshot", key=("Region",), query="RDS DescribeDBInstances in each region")
def db_instances(client: Aws, read: Read) -> Iterator[Any]:
    yield from each_region(client, read, "rds", lambda rds: pages(rds, "describe_db_instances", "DBInstances", read))


@table(kind="snapshot", key=("Region",), query="RDS DescribeDBClusters in each region")
def db_clusters(client: Aws, read: Read) -> Iterator[Any]:
    yield from each_region(client, read, "rds", lambda rds: pages(rds, "describe_db_clusters", "DBClusters", read))


@table(
    kind="snapshot",
    key=("Region", "Group"),
    query="RDS DescribeDBParameters, DescribeDBClusterParameters (Source=user) of each parameter group in use",
)
def db_parameters(client: Aws, read: Read) -> Iterator[Any]:
    """What somebody set. Default groups cannot be changed, so nobody asks for them."""
    client.introduce(read)
    used = {
        (row.parent["Region"], "db", group["DBParameterGroupName"])
        for row in read.landed("db_instances")
        for database in row.record or []
        for group in database.get("DBParameterGroups") or []
        if row.parent
    } | {
        (row.parent["Region"], "db_cluster", cluster["DBClusterParameterGroup"])
        for row in read.landed("db_clusters")
        for cluster in row.record or []
        if row.parent and cluster.get("DBClusterParameterGroup")
    }

    def one(item: tuple[str, str, str]) -> Any:
        region, kind, name = item
        argument = {"db": "DBParameterGroupName", "db_cluster": "DBClusterParameterGroupName"}[kind]
        rds = client.client("rds", region)
        return ask(
            read,
            lambda: pages(rds, f"describe_{kind}_parameters", "Parameters", read, Source="user", **{argument: name}),
            Region=region,
            Kind=kind,
            Group=name,
        )

    yield from read.each(sorted(item for item in used if not item[2].startswith("default.")), one)


@table(kind="snapshot", key=("Region",), query="ElastiCache DescribeReplicationGroups in each region")
def cache_groups(client: Aws, read: Read) -> Iterator[Any]:
    def call(cache: Any) -> Any:
        return pages(cache, "describe_replication_groups", "ReplicationGroups", read)

    yield from each_region(client, read, "elasticache", call)


@table(kind="snapshot", key=("Region",), query="Redshift DescribeClusters in each region")
def redshift_clusters(client: Aws, read: Read) -> Iterator[Any]:
    yield from each_region(client, read, "redshift", lambda api: pages(api, "describe_clusters", "Clusters", read))


@table(kind="snapshot", key=("Region",), query="DynamoDB ListTables, DescribeTable in each region")
def dynamodb_tables(client: Aws, read: Read) -> Iterator[Any]:
    def call(dynamodb: Any) -> Any:
        names = pages(dynamodb, "list_tables", "TableNames", read)
        return [dynamodb.describe_table(TableName=name)["Table"] for name in names]

    yield from each_region(client, read, "dynamodb", call)


@table(kind="snapshot", key=("Region",), query="EC2 DescribeVolumes in each region")
def volumes(client: Aws, read: Read) -> Iterator[Any]:
    yield from each_region(client, read, "ec2", lambda ec2: pages(ec2, "describe_volumes", "Volumes", read))


@table(kind="snapshot", key=("Region",), query="EC2 GetEbsEncryptionByDefault in each region")
def ebs_default(client: Aws, read: Read) -> Iterator[Any]:
    def call(ec2: Any) -> Any:
        read.page(1)
        return record(ec2.get_ebs_encryption_by_default())

    yield from each_region(client, read, "ec2", call)


@table(kind="snapshot", key=("Region",), query="KMS ListKeys, DescribeKey in each region")
def kms_keys(client: Aws, read: Read) -> Iterator[Any]:
    """A row a region: the described keys, with the number listed as parent; and a row a key that was denied."""
    from botocore.exceptions import ClientError

    client.introduce(read)

    def one(region: str) -> list[Envelope]:
        kms = client.client("kms", region)
        try:
            listed = pages(kms, "list_keys", "Keys", read)
        except ClientError as error:
            return [refusal(read, error, Region=region)]
        described, denied = [], []
        for key in listed:
            try:
                described.append(kms.describe_key(KeyId=key["KeyArn"])["KeyMetadata"])
            except ClientError as error:
                denied.append(refusal(read, error, Region=region, KeyArn=key["KeyArn"]))
        account = client.caller.get("Account")
        return [read.answer(described, Region=region, Account=account, Listed=len(listed)), *denied]

    for found in read.each(client.enabled_regions, one):
        yield from found


def _each_customer_key(client: Aws, read: Read, call: Callable[[Any, str], Any]) -> Iterator[Any]:
    """``call(kms of the region, key ARN)`` for every customer-managed key; what AWS manages cannot be configured."""
    client.introduce(read)
    arns = [
        key["Arn"]
        for region in read.landed("kms_keys")
        for key in region.record or []
        if key.get("KeyManager") == "CUSTOMER"
    ]

    def one(arn: str) -> Envelope:
        return ask(read, lambda: call(client.client("kms", arn.split(":")[3]), arn), KeyArn=arn)

    yield from read.each(arns, one)


@table(kind="snapshot", key=("KeyArn",), query="KMS GetKeyRotationStatus for each customer-managed key")
def kms_rotation_status(client: Aws, read: Read) -> Iterator[Any]:
    def call(kms: Any, arn: str) -> Any:
        read.page(1)
        return record(kms.get_key_rotation_status(KeyId=arn))

    yield from _each_customer_key(client, read, call)


@table(kind="snapshot", key=("KeyArn",), query="KMS ListKeyRotations for each customer-managed key")
def kms_rotations(client: Aws, read: Read) -> Iterator[Any]:
    yield from _each_customer_key(
        client, read, lambda kms, arn: pages(kms, "list_key_rotations", "Rotations", read, KeyId=arn)
    )


@table(kind="snapshot", key=("Region",), query="KMS ListAliases in each region")
def kms_aliases(client: Aws, read: Read) -> Iterator[Any]:
    yield from each_region(client, read, "kms", lambda kms: pages(kms, "list_aliases", "Aliases", read))
