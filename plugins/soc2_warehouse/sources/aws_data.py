"""AWS data stores and keys: RDS, ElastiCache, Redshift, DynamoDB, EBS and KMS of every enabled region.

Least permissions: ec2:DescribeRegions, ec2:DescribeVolumes, ec2:GetEbsEncryptionByDefault, rds:DescribeDBInstances,
rds:DescribeDBClusters, rds:DescribeDBParameters, rds:DescribeDBClusterParameters,
elasticache:DescribeReplicationGroups, redshift:DescribeClusters, redshift:DescribeClusterParameters,
redshift:DescribeLoggingStatus, dynamodb:ListTables, dynamodb:DescribeTable, dynamodb:DescribeContinuousBackups,
kms:ListKeys, kms:DescribeKey, kms:GetKeyRotationStatus, kms:ListKeyRotations, kms:ListAliases,
kms:GetKeyPolicy, kms:ListGrants (SecurityAudit holds them all). A key's own policy may deny the reader nevertheless:
then its row carries the error.

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
#: What is landed of a parameter group, which has hundreds: how clients connect, and what the engine logs.
PARAMETERS = (
    "rds.force_ssl",
    "require_secure_transport",
    "require_ssl",
    "tls",
    "neptune_enforce_ssl",
    "ssl_min_protocol_version",
    "tls_version",
    "rds.tls10",
    "rds.tls11",
    "pgaudit.log",
    "log_connections",
    "server_audit_logging",
    "general_log",
)


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


@table(kind="snapshot", key=("Region",), query="ElastiCache DescribeReplicationGroups in each region")
def cache_groups(client: Aws, read: Read) -> Iterator[Any]:
    def call(cache: Any) -> Any:
        return pages(cache, "describe_replication_groups", "ReplicationGroups", read)

    yield from each_region(client, read, "elasticache", call)


@table(kind="snapshot", key=("Region",), query="Redshift DescribeClusters in each region")
def redshift_clusters(client: Aws, read: Read) -> Iterator[Any]:
    yield from each_region(client, read, "redshift", lambda api: pages(api, "describe_clusters", "Clusters", read))


@table(kind="snapshot", key=("Region", "ClusterIdentifier"), query="Redshift DescribeLoggingStatus for each cluster")
def redshift_logging(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    clusters = [
        (str((region.parent or {})["Region"]), str(cluster["ClusterIdentifier"]))
        for region in read.landed("redshift_clusters")
        for cluster in region.record or []
    ]

    def one(place: tuple[str, str]) -> Envelope:
        region, name = place

        def call() -> Any:
            read.page(1)
            return record(client.client("redshift", region).describe_logging_status(ClusterIdentifier=name))

        return ask(read, call, Region=region, ClusterIdentifier=name, Account=client.caller.get("Account"))

    yield from read.each(clusters, one)


@table(
    kind="snapshot",
    key=("Region", "Kind", "Group"),
    query="DescribeDBParameters, DescribeDBClusterParameters (RDS), DescribeClusterParameters (Redshift) for each "
    "parameter group in use",
)
def db_parameters(client: Aws, read: Read) -> Iterator[Any]:
    """A row a group: its parameters among PARAMETERS. Instances of a cluster follow the group of the cluster."""
    client.introduce(read)
    read.parameter("ParameterNames", list(PARAMETERS))
    groups = sorted(set(_parameter_groups(read)))

    def one(group: tuple[str, str, str]) -> Envelope:
        region, kind, name = group
        service, operation, argument = {
            "instance": ("rds", "describe_db_parameters", "DBParameterGroupName"),
            "cluster": ("rds", "describe_db_cluster_parameters", "DBClusterParameterGroupName"),
            "warehouse": ("redshift", "describe_cluster_parameters", "ParameterGroupName"),
        }[kind]

        def call() -> Any:
            api = client.client(service, region)
            found = pages(api, operation, "Parameters", read, **{argument: name})
            return [parameter for parameter in found if parameter["ParameterName"] in PARAMETERS]

        return ask(read, call, Region=region, Kind=kind, Group=name)

    yield from read.each(groups, one)


def _parameter_groups(read: Read) -> Iterator[tuple[str, str, str]]:
    """(region, kind, name) of every parameter group that a database names."""
    for table_name, kind in (
        ("db_instances", "instance"),
        ("db_clusters", "cluster"),
        ("redshift_clusters", "warehouse"),
    ):
        for region in read.landed(table_name):
            for store in region.record or []:
                if kind == "cluster":
                    names = [store.get("DBClusterParameterGroup")]
                elif kind == "warehouse":
                    names = [group["ParameterGroupName"] for group in store.get("ClusterParameterGroups") or []]
                else:
                    listed = store.get("DBParameterGroups") or []
                    names = [] if store.get("DBClusterIdentifier") else [g["DBParameterGroupName"] for g in listed]
                yield from ((str((region.parent or {})["Region"]), kind, str(name)) for name in names if name)


@table(kind="snapshot", key=("Region",), query="DynamoDB ListTables, DescribeTable in each region")
def dynamodb_tables(client: Aws, read: Read) -> Iterator[Any]:
    def call(dynamodb: Any) -> Any:
        names = pages(dynamodb, "list_tables", "TableNames", read)
        return [dynamodb.describe_table(TableName=name)["Table"] for name in names]

    yield from each_region(client, read, "dynamodb", call)


@table(kind="snapshot", key=("TableArn",), query="DynamoDB DescribeContinuousBackups for each table")
def dynamodb_recovery(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    arns = [item["TableArn"] for region in read.landed("dynamodb_tables") for item in region.record or []]

    def one(arn: str) -> Envelope:
        def call() -> Any:
            read.page(1)
            dynamodb = client.client("dynamodb", arn.split(":")[3])
            return dynamodb.describe_continuous_backups(TableName=arn.rpartition("/")[2])[
                "ContinuousBackupsDescription"
            ]

        return ask(read, call, TableArn=arn)

    yield from read.each(arns, one)


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


@table(kind="snapshot", key=("KeyArn",), query="KMS GetKeyPolicy, ListGrants for each customer-managed key")
def kms_access(client: Aws, read: Read) -> Iterator[Any]:
    """Who may use a key: its policy, as the text that it is, and the grants beside it."""

    def call(kms: Any, arn: str) -> Any:
        read.page(1)
        policy = kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]
        return {"Policy": policy, "Grants": pages(kms, "list_grants", "Grants", read, KeyId=arn)}

    yield from _each_customer_key(client, read, call)
