"""KMS keys of the sandbox company: states, specs and origins, rotations that happened and rotations that did not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import EUROPE, HOME, Cloud, Dated, at, in_order, moment, stable_hex, stable_uuid
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID

#: Whatever is encrypted is made after the keys.
RANK = 0

SYMMETRIC = "SYMMETRIC_DEFAULT"
ALWAYS = moment("2000-01-01")


@dataclass(frozen=True)
class KeyPlan:
    """One key. ``rotation``: dated on/off of automatic rotation; an automatic rotation happens every ``period`` days
    after it was switched on, ``late`` days late. ``manual``: a record in the register of keys.
    """

    name: str
    created_at: datetime
    region: str = HOME
    spec: str = SYMMETRIC
    usage: str = "ENCRYPT_DECRYPT"
    origin: str = "AWS_KMS"
    store: str | None = None
    replica_of: str | None = None
    multi: bool = False
    manager: str = "CUSTOMER"
    rotation: Dated[bool] | None = None
    period: int = 365
    late: int = 0
    on_demand: tuple[datetime, ...] = ()
    states: Dated[str] = ((ALWAYS, "Enabled"),)
    deleted_at: datetime | None = None
    denied: tuple[datetime, datetime] | None = None
    manual: tuple[tuple[datetime, str], ...] = ()
    exempt: tuple[str, str] | None = None

    @property
    def key_id(self) -> str:
        if self.multi or self.replica_of:
            return "mrk-" + stable_hex(32, "kms", self.replica_of or self.name)
        return stable_uuid("kms", self.region, self.name)

    @property
    def arn(self) -> str:
        return f"arn:aws:kms:{self.region}:{ACCOUNT_ID}:key/{self.key_id}"

    @property
    def alias(self) -> str:
        return f"alias/{self.name}"

    def exists(self, now: datetime) -> bool:
        return self.created_at <= now and (self.deleted_at is None or now < self.deleted_at)

    def rotating(self, now: datetime) -> bool:
        return at(self.rotation, now) if self.rotation is not None else False

    def enabled_at(self, now: datetime) -> datetime | None:
        """When automatic rotation was last switched on."""
        if self.rotation is None or not self.rotating(now):
            return None
        return max([self.created_at, *[since for since, on in self.rotation if on and since <= now]])

    def rotations(self, now: datetime) -> list[tuple[datetime, str]]:
        """(when, type) of every rotation up to ``now``, oldest first."""
        found = [(when, "ON_DEMAND") for when in self.on_demand if when <= now]
        start = self.enabled_at(now)
        if start is not None and at(self.states, now) == "Enabled":
            step = timedelta(days=self.period)
            due = start + step
            while due + timedelta(days=self.late) <= now:
                found.append((due + timedelta(days=self.late), "AUTOMATIC"))
                due += step
        return sorted(found)

    def next_rotation(self, now: datetime) -> datetime | None:
        start = self.enabled_at(now)
        if start is None:
            return None
        while start <= now:
            start += timedelta(days=self.period)
        return start


def _on(since: str) -> Dated[bool]:
    return ((ALWAYS, False), (moment(since), True))


def _managed() -> Iterator[KeyPlan]:
    for region in (HOME, EUROPE):
        for service in ("s3", "rds", "ebs", "dynamodb"):
            yield KeyPlan(f"aws/{service}", moment("2023-02-01"), region, manager="AWS", rotation=_on("2023-02-01"))


KEYS: tuple[KeyPlan, ...] = (
    KeyPlan("ledger-db", moment("2024-03-01"), rotation=_on("2024-03-01")),
    KeyPlan("payments-db", moment("2024-05-10"), rotation=_on("2024-05-10")),
    KeyPlan("customer-data", moment("2024-02-01"), rotation=_on("2024-02-01"), multi=True),
    KeyPlan(
        "customer-data", moment("2024-02-01T10:00"), EUROPE, rotation=_on("2024-02-01"), replica_of="customer-data"
    ),
    KeyPlan("ledger-db-eu", moment("2025-01-15"), EUROPE, rotation=_on("2025-01-15")),
    KeyPlan("ebs", moment("2025-06-20"), rotation=_on("2025-06-20"), period=90),
    KeyPlan("ebs-eu", moment("2025-09-02"), EUROPE, rotation=_on("2025-09-02")),
    KeyPlan("s3-confidential", moment("2024-08-01"), rotation=_on("2024-08-01"), period=180),
    KeyPlan("s3-pii", moment("2024-08-01"), rotation=_on("2024-08-01"), period=180),
    KeyPlan("s3-pii-eu", moment("2024-08-20"), EUROPE, rotation=_on("2024-08-20"), period=180),
    KeyPlan("secrets", moment("2025-11-20"), rotation=_on("2025-11-20")),
    KeyPlan("warehouse", moment("2026-02-10"), rotation=_on("2026-02-10")),
    # Rotated 370 days after the last time: late, but inside the grace week.
    KeyPlan("card-tokens", moment("2025-06-26"), rotation=_on("2025-06-26"), late=6),
    # ROTATION_DISABLED until it was switched on, and rotated at once.
    KeyPlan(
        "analytics",
        moment("2025-11-02"),
        rotation=((ALWAYS, False), (moment("2026-07-10T09:00"), True)),
        on_demand=(moment("2026-07-10T09:05"),),
    ),
    KeyPlan("logs", moment("2025-09-01"), rotation=_on("2025-09-01"), period=730),  # PERIOD_TOO_LONG, in time overdue
    KeyPlan(
        "exports", moment("2023-04-01"), rotation=_on("2026-06-01"), on_demand=(moment("2026-07-14T10:00"),)
    ),  # ROTATION_OVERDUE until rotated on demand
    KeyPlan("identity-signing", moment("2024-10-01"), spec="ECC_NIST_P256", usage="SIGN_VERIFY"),
    KeyPlan(
        "webhook-hmac",
        moment("2024-10-01"),
        spec="HMAC_256",
        usage="GENERATE_VERIFY_MAC",
        manual=(
            (moment("2025-09-01T12:00"), "https://wiki.acme.example/keys/webhook-hmac-2025"),
            (moment("2026-08-20T12:00"), "https://wiki.acme.example/keys/webhook-hmac-2026"),
        ),
    ),
    KeyPlan(
        "partner-import",
        moment("2024-06-01"),
        origin="EXTERNAL",
        manual=((moment("2025-06-15T12:00"), "https://wiki.acme.example/keys/partner-import-2025"),),
    ),
    KeyPlan(
        "hsm-root",
        moment("2024-11-11"),
        origin="AWS_CLOUDHSM",
        store="cks-1a2b3c4d5e6f70809",
        manual=(
            (moment("2026-01-10T12:00"), "https://wiki.acme.example/keys/hsm-root-2026"),
            (moment("2026-12-15T12:00"), "https://wiki.acme.example/keys/hsm-root-2027"),
        ),
    ),
    KeyPlan(
        "partner-legacy",
        moment("2023-09-01"),
        origin="EXTERNAL",
        exempt=("Partner holds the material; the integration ends in Q4 2026", "E1003"),
    ),
    KeyPlan(
        "s3-archive",
        moment("2024-01-08"),
        rotation=_on("2024-01-08"),
        states=((ALWAYS, "Enabled"), (moment("2026-06-15T08:00"), "Disabled")),
    ),
    KeyPlan(
        "warehouse-old",
        moment("2023-05-05"),
        rotation=((ALWAYS, True), (moment("2026-06-28T11:00"), False)),
        states=((ALWAYS, "Enabled"), (moment("2026-06-28T11:00"), "PendingDeletion")),
        deleted_at=moment("2026-07-28T11:00"),
    ),
    KeyPlan(
        "hr-files",
        moment("2025-12-01"),
        rotation=_on("2025-12-01"),
        denied=(moment("2026-07-12"), moment("2026-07-15")),
    ),
    KeyPlan("backup", moment("2025-10-15"), rotation=_on("2025-10-15")),
    *_managed(),
)
BY_NAME = {(plan.name, plan.region): plan for plan in KEYS}


def key_arn(name: str, region: str = HOME) -> str:
    """ARN of the key called ``name`` in ``region``."""
    return BY_NAME[name, region].arn


def denied(now: datetime) -> list[str]:
    """Requests for the rotation status of keys that the reader is not allowed to see at ``now``."""
    hidden = [plan.key_id for plan in KEYS if plan.denied and plan.denied[0] <= now < plan.denied[1]]
    return [f"GetKeyRotationStatus .*{key_id}" for key_id in hidden]


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Make moto's keys what they are at ``now``."""
    for plan in KEYS:
        held = cloud.backend("kms", plan.region).keys
        if not plan.exists(now):
            held.pop(plan.key_id, None)
            continue
        key = held.get(plan.key_id) or _create(cloud, plan)
        key.key_state = at(plan.states, now)
        key.enabled = key.key_state == "Enabled"
        key.deletion_date = plan.deleted_at.replace(tzinfo=None) if plan.deleted_at else None
        # KMS shows rotation as off while a key waits for deletion.
        key.key_rotation_status = plan.rotating(now)
        key.rotations = [
            {"KeyId": plan.key_id, "RotationDate": when.timestamp(), "RotationType": kind}
            for when, kind in plan.rotations(now)
        ]
        upcoming = plan.next_rotation(now)
        key.acme_rotation = {
            "RotationPeriodInDays": plan.period,
            **({"NextRotationDate": upcoming.timestamp()} if upcoming else {}),
        }
    for region in (HOME, EUROPE):
        in_order(cloud.backend("kms", region).keys, [plan.key_id for plan in KEYS])


def _create(cloud: Cloud, plan: KeyPlan) -> Any:
    client = cloud.client("kms", plan.region)
    made = client.create_key(KeySpec=plan.spec, KeyUsage=plan.usage, Description=plan.name, MultiRegion=plan.multi)
    held = cloud.backend("kms", plan.region).keys
    key = held.pop(made["KeyMetadata"]["KeyId"])
    key.id, key.arn = plan.key_id, plan.arn
    held[key.id] = key
    key.creation_date = plan.created_at.timestamp()
    key.origin, key.key_manager, key.acme_store = plan.origin, plan.manager, plan.store
    if plan.multi or plan.replica_of:
        primary = BY_NAME[plan.replica_of or plan.name, HOME]
        replicas = [other for other in KEYS if other.replica_of == primary.name]
        key.multi_region = True
        key.multi_region_configuration = {
            "MultiRegionKeyType": "REPLICA" if plan.replica_of else "PRIMARY",
            "PrimaryKey": {"Arn": primary.arn, "Region": primary.region},
            "ReplicaKeys": [{"Arn": other.arn, "Region": other.region} for other in replicas],
        }
    if plan.manager == "CUSTOMER":
        client.create_alias(AliasName=plan.alias, TargetKeyId=plan.arn)
    return key
