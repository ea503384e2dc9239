"""Databases, caches and warehouses of the sandbox company."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import EUROPE, HOME, Cloud, Dated, at, moment
from soc2_warehouse.sandbox.aws.keys import ALWAYS, key_arn
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID


@dataclass(frozen=True)
class DatabasePlan:
    """One store. kind: ``instance`` | ``cluster`` | ``member`` | ``cache`` | ``warehouse`` | ``table``.

    encryption_type: RDS's StorageEncryptionType; None is an answer of an older API that lacks the field.
    """

    kind: str
    name: str
    engine: str
    region: str
    created_at: datetime
    encrypted: bool
    key: str | None = None
    encryption_type: str | None = None
    cluster: str | None = None
    replica_of: str | None = None
    status: Dated[str] = ((ALWAYS, "available"),)
    deleted_at: datetime | None = None
    classification: str = "confidential"
    owner: str = "E1007"

    @property
    def arn(self) -> str:
        place = f"{self.region}:{ACCOUNT_ID}"
        return {
            "instance": f"arn:aws:rds:{place}:db:{self.name}",
            "member": f"arn:aws:rds:{place}:db:{self.name}",
            "cluster": f"arn:aws:rds:{place}:cluster:{self.name}",
            "cache": f"arn:aws:elasticache:{place}:replicationgroup:{self.name}",
            "warehouse": f"arn:aws:redshift:{place}:cluster:{self.name}",
            "table": f"arn:aws:dynamodb:{place}:table/{self.name}",
        }[self.kind]

    @property
    def key_arn(self) -> str | None:
        return key_arn(self.key, self.region) if self.key else None

    def exists(self, now: datetime) -> bool:
        return self.created_at <= now and (self.deleted_at is None or now < self.deleted_at)


def _plan(kind: str, name: str, engine: str, region: str, created: str, key: str | None, **more: Any) -> DatabasePlan:
    kms = {"encryption_type": "sse-kms"} if key and kind in ("instance", "cluster", "member") else {}
    return DatabasePlan(
        kind, name, engine, region, moment(created), **({"encrypted": bool(key), "key": key} | kms | more)
    )


PLAIN = {"encryption_type": "none"}
MOVED = moment("2026-07-09T05:00")  # legacy-reports was replaced by an encrypted copy

DATABASES: tuple[DatabasePlan, ...] = (
    _plan("instance", "ledger-main", "postgres", HOME, "2024-03-02", "ledger-db"),
    _plan("instance", "ledger-replica-eu", "postgres", EUROPE, "2025-01-16", "ledger-db-eu", replica_of="ledger-main"),
    _plan("instance", "payments-main", "postgres", HOME, "2024-05-11", "payments-db"),
    _plan("instance", "identity-main", "mysql", HOME, "2024-04-01", "aws/rds"),
    # Answered by an API that does not know StorageEncryptionType: the flag alone decides.
    _plan("instance", "notifications-main", "postgres", HOME, "2024-07-01", "aws/rds", encryption_type=None),
    # Encrypted with a key that AWS owns: no key id, and the flag says false.
    _plan("instance", "tools-main", "mysql", EUROPE, "2026-03-01", None, encryption_type="sse-rds"),
    _plan("instance", "legacy-reports", "mysql", HOME, "2022-09-01", None, **PLAIN, deleted_at=MOVED),
    _plan("instance", "legacy-reports-v2", "mysql", HOME, "2026-07-08", "aws/rds"),
    # Stopped, and its disk is still there.
    _plan("instance", "ledger-archive", "postgres", HOME, "2023-02-01", None, **PLAIN, status=((ALWAYS, "stopped"),)),
    _plan(
        "instance",
        "staging-copy",
        "mysql",
        EUROPE,
        "2026-01-10",
        None,
        **PLAIN,
        status=((ALWAYS, "available"), (moment("2026-06-30T23:00"), "deleting")),
        deleted_at=moment("2026-07-02T01:00"),
    ),
    _plan(
        "instance", "analytics-main", "postgres", HOME, "2023-05-06", "warehouse-old", deleted_at=moment("2026-07-20")
    ),
    _plan("cluster", "billing", "aurora-postgresql", HOME, "2024-09-01", "aws/rds"),
    _plan("member", "billing-1", "aurora-postgresql", HOME, "2024-09-01", "aws/rds", cluster="billing"),
    _plan("member", "billing-2", "aurora-postgresql", HOME, "2024-09-01", "aws/rds", cluster="billing"),
    _plan("cluster", "crm", "aurora-mysql", EUROPE, "2023-10-01", None, **PLAIN),
    _plan("member", "crm-1", "aurora-mysql", EUROPE, "2023-10-01", None, **PLAIN, cluster="crm"),
    _plan("member", "crm-2", "aurora-mysql", EUROPE, "2023-10-01", None, **PLAIN, cluster="crm"),
    _plan("warehouse", "insights", "redshift", HOME, "2026-02-11", "warehouse"),
    _plan("warehouse", "adhoc", "redshift", HOME, "2025-08-01", None, deleted_at=moment("2026-07-16")),
    _plan("cache", "sessions", "redis", HOME, "2024-06-01", "customer-data"),
    _plan("cache", "ratelimit", "redis", EUROPE, "2025-04-01", None, classification="internal"),
    # DynamoDB always encrypts; without a configured key the key is AWS's own.
    _plan("table", "idempotency", "dynamodb", HOME, "2024-06-02", None),
    _plan("table", "card-tokens", "dynamodb", HOME, "2025-06-27", "card-tokens"),
    _plan("table", "sessions-eu", "dynamodb", EUROPE, "2024-10-01", "customer-data"),
)


LOG_EXPORTS = {"crm": ["audit", "error"]}


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Make moto's databases what they are at ``now``."""
    for plan in DATABASES:
        held = _held(cloud, plan)
        if not plan.exists(now):
            held.pop(plan.name, None)
            continue
        store = held.get(plan.name) or _create(cloud, plan)
        if plan.kind in ("instance", "member", "cluster"):
            store.status = at(plan.status, now)
            store.enabled_cloudwatch_logs_exports = LOG_EXPORTS.get(plan.name, [])
        held[plan.name] = held.pop(plan.name)  # listings must not show what was made when


def _held(cloud: Cloud, plan: DatabasePlan) -> Any:
    """moto's own index of stores of this kind."""
    if plan.kind in ("instance", "member"):
        return cloud.backend("rds", plan.region).databases
    if plan.kind == "cluster":
        return cloud.backend("rds", plan.region).clusters
    if plan.kind == "cache":
        return cloud.backend("elasticache", plan.region).replication_groups
    if plan.kind == "warehouse":
        return cloud.backend("redshift", plan.region).clusters
    return cloud.backend("dynamodb", plan.region).tables


def _create(cloud: Cloud, plan: DatabasePlan) -> Any:
    if plan.kind == "instance":
        _instance(cloud, plan)
    elif plan.kind == "cluster":
        cloud.client("rds", plan.region).create_db_cluster(
            DBClusterIdentifier=plan.name,
            Engine=plan.engine,
            MasterUsername="postgres",
            MasterUserPassword="set-at-creation",
            StorageEncrypted=plan.encrypted,
            **({"KmsKeyId": plan.key_arn} if plan.key_arn else {}),
        )
    elif plan.kind == "member":
        cloud.client("rds", plan.region).create_db_instance(
            DBInstanceIdentifier=plan.name,
            DBInstanceClass="db.r6g.large",
            Engine=plan.engine,
            DBClusterIdentifier=plan.cluster,
        )
    elif plan.kind == "cache":
        cloud.client("elasticache", plan.region).create_replication_group(
            ReplicationGroupId=plan.name,
            ReplicationGroupDescription=plan.name,
            Engine=plan.engine,
            CacheNodeType="cache.t4g.small",
            AtRestEncryptionEnabled=plan.encrypted,
            **({"KmsKeyId": plan.key_arn} if plan.key_arn else {}),
        )
    elif plan.kind == "warehouse":
        cloud.client("redshift", plan.region).create_cluster(
            ClusterIdentifier=plan.name,
            NodeType="ra3.xlplus",
            MasterUsername="admin",
            MasterUserPassword="Set-at-creation-1",
            Encrypted=plan.encrypted,
            **({"KmsKeyId": plan.key_arn} if plan.key_arn else {}),
        )
    else:
        cloud.client("dynamodb", plan.region).create_table(
            TableName=plan.name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            **(
                {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": plan.key_arn}}
                if plan.key_arn
                else {}
            ),
        )
    # moto takes an automatic snapshot under a name with the wall clock's minute; nobody reads it.
    if plan.kind in ("instance", "member", "cluster"):
        backend = cloud.backend("rds", plan.region)
        backend.database_snapshots.clear()
        backend.cluster_snapshots.clear()
    if plan.kind == "warehouse":
        cloud.backend("redshift", plan.region).snapshots.clear()
    store = _held(cloud, plan)[plan.name]
    _back_date(plan, store)
    return store


def _instance(cloud: Cloud, plan: DatabasePlan) -> None:
    cloud.client("rds", plan.region).create_db_instance(
        DBInstanceIdentifier=plan.name,
        DBInstanceClass="db.r6g.large",
        Engine=plan.engine,
        AllocatedStorage=100,
        MasterUsername="postgres",
        MasterUserPassword="set-at-creation",
        StorageEncrypted=plan.encrypted,
        **({"KmsKeyId": plan.key_arn} if plan.key_arn else {}),
    )


def _back_date(plan: DatabasePlan, store: Any) -> None:
    created = plan.created_at.replace(tzinfo=None)
    for field in ("created", "instance_create_time", "cluster_create_time", "create_time", "created_at"):
        if hasattr(type(store), field):  # a property follows the attribute behind it
            continue
        if hasattr(store, field):
            setattr(store, field, created)
    if hasattr(store, "replication_group_create_time"):
        store.replication_group_create_time = created
    if plan.kind in ("instance", "cluster", "member"):
        if plan.encryption_type is not None:
            store.storage_encryption_type = plan.encryption_type
        if plan.kind == "cluster" and not plan.encrypted:
            store.kms_key_id = None
    if plan.replica_of:
        source = next(other for other in DATABASES if other.name == plan.replica_of)
        store.is_replica, store.replica_mode = True, "open-read-only"
        store.source_db_instance_identifier = source.arn
