"""Buckets of the sandbox company: what each holds, how it encrypts, and which of them S3 inventories."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import EUROPE, HOME, Cloud, Dated, at, moment
from soc2_warehouse.sandbox.aws.keys import ALWAYS, key_arn
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.timetable import SERVICES

FOREIGN_KEY = "arn:aws:kms:us-east-1:210987654321:key/6f1c9a52-9a1e-4c35-8f0b-0d3c2b1a4e5f"


@dataclass(frozen=True)
class BucketPlan:
    """One bucket. ``encryption``: dated (algorithm, key id); algorithm None is a store that has no configuration.

    not_sse: dated number of unencrypted objects that the inventory counts; None is a bucket without inventory.
    registered: its class in the register of data stores (overrides the tag); None when only the tag says it.
    """

    name: str
    created_at: datetime
    region: str
    tag: str | None
    encryption: Dated[tuple[str | None, str | None]]
    not_sse: Dated[int] | None = None
    registered: str | None = None
    listed: bool = False
    denied: tuple[datetime, datetime] | None = None
    owner: str = "E1007"

    @property
    def ref(self) -> str:
        return f"arn:aws:s3:::{self.name}"


def _key(name: str) -> str | None:
    """`-` none, `alias/…` and full ARNs as they are, else the key of that name (`name@eu` in Europe)."""
    if name == "-":
        return None
    if name.startswith(("alias/", "arn:")):
        return name
    return key_arn(name.removesuffix("@eu"), EUROPE if name.endswith("@eu") else HOME)


# name | region | created | class tag | algorithm | key
SPECIAL = f"""
acme-website-assets     | us | 2024-02-11 | public       | AES256       | -
acme-status-page        | us | 2024-02-12 | public       | AES256       | -
acme-brand-media        | eu | 2024-02-13 | public       | AES256       | -
acme-docs-site          | us | 2024-02-14 | public       | AES256       | -
acme-press-2020         | us | 2020-02-03 | public       | AES256       | -
acme-cloudtrail-logs    | us | 2024-01-15 | confidential | aws:kms      | logs
acme-config-history     | us | 2024-01-16 | internal     | AES256       | -
acme-access-logs        | us | 2024-01-17 | internal     | AES256       | -
acme-inventory          | us | 2024-01-18 | internal     | AES256       | -
acme-terraform-state    | us | 2024-01-19 | confidential | aws:kms:dsse | s3-confidential
acme-customer-archive   | us | 2021-05-01 | pii          | aws:kms      | s3-pii
acme-statements-2021    | us | 2021-11-01 | confidential | aws:kms      | s3-confidential
acme-kyc-scans          | us | 2022-08-01 | pii          | aws:kms      | s3-pii
acme-ml-models          | us | 2022-06-01 | internal     | AES256       | -
acme-recordings         | us | 2023-01-05 | pii          | aws:kms      | s3-pii
acme-hr-files           | eu | 2024-06-20 | pii          | AES256       | -
acme-board-papers       | us | 2024-06-21 | confidential | AES256       | -
acme-legacy-importer    | us | 2022-01-10 | internal     | -            | -
acme-closed-accounts    | us | 2024-01-10 | confidential | aws:kms      | s3-archive
acme-partner-dropbox    | us | 2024-09-09 | confidential | aws:kms      | {FOREIGN_KEY}
acme-scratch            | us | 2025-10-01 | -            | AES256       | -
acme-data-lake-raw      | us | 2024-11-01 | pii          | aws:kms      | alias/s3-pii
acme-data-lake-curated  | us | 2024-11-01 | confidential | aws:kms      | -
acme-backups-eu         | eu | 2024-11-02 | confidential | aws:kms      | s3-pii-eu@eu
acme-fsx-share          | us | 2025-05-05 | internal     | aws:fsx      | -
acme-support-attachments| us | 2024-03-03 | internal     | aws:kms      | s3-pii
acme-data-exports       | eu | 2024-03-04 | confidential | aws:kms      | customer-data@eu
acme-finance-close      | us | 2024-03-05 | confidential | aws:kms      | customer-data
"""

# What differs from the line above, by name.
INVENTORIED: dict[str, Dated[int]] = {
    "acme-customer-archive": ((ALWAYS, 0),),
    "acme-statements-2021": ((ALWAYS, 14), (moment("2026-07-13T18:00"), 0)),  # re-encrypted by batch copy
    "acme-kyc-scans": (),  # no inventory until it is set up, see INVENTORY_SINCE
    "acme-data-exports": ((ALWAYS, 0),),
}
INVENTORY_SINCE = {"acme-kyc-scans": (moment("2026-07-08T09:00"), 0)}
REGISTERED = {"acme-support-attachments": "pii", "acme-scratch": None}
FIXED: dict[str, tuple[datetime, tuple[str, str]]] = {
    "acme-board-papers": (moment("2026-07-06T15:30"), ("aws:kms", "s3-confidential")),
}
#: Buckets whose owner has left, or whose class was reviewed long ago.
OWNED = {"acme-partner-dropbox": "E1052"}
REVIEWED = {"acme-press-2020": "2025-06-30", "acme-docs-site": "2025-07-01"}
#: Rules that expire objects: days, and the prefix they are about.
LIFECYCLES = {"acme-hr-files": (1825, ""), "acme-board-papers": (90, "drafts/"), "acme-access-logs": (400, "")}
DENIED = {"acme-finance-close": (moment("2026-07-08"), moment("2026-07-10"))}


def _special() -> list[BucketPlan]:
    plans = []
    for line in SPECIAL.strip().splitlines():
        name, region, created, tag, algorithm, key = (cell.strip() for cell in line.split("|"))
        first = (None if algorithm == "-" else algorithm, _key(key))
        encryption: list[tuple[datetime, tuple[str | None, str | None]]] = [(ALWAYS, first)]
        if name in FIXED:
            when, (better, better_key) = FIXED[name]
            encryption.append((when, (better, _key(better_key))))
        plans.append(
            BucketPlan(
                name,
                moment(created),
                EUROPE if region == "eu" else HOME,
                None if tag == "-" else tag,
                tuple(encryption),
                not_sse=INVENTORIED.get(name) or None,
                registered=REGISTERED.get(name),
                listed=name in REGISTERED,
                denied=DENIED.get(name),
            )
        )
    return plans


def _ordinary() -> list[BucketPlan]:
    """Four buckets a service, all as they should be."""
    plans = []
    for number, service in enumerate(SERVICES):
        created = moment("2023-06-01") + timedelta(days=37 * number)
        for suffix, region, tag, algorithm, key in (
            ("artifacts", HOME, "internal", "AES256", "-"),
            ("logs", HOME, "internal", "AES256", "-"),
            ("exports", HOME, "confidential", "aws:kms", "s3-confidential"),
            ("uploads-eu", EUROPE, "pii", "aws:kms", "s3-pii-eu@eu"),
        ):
            plans.append(
                BucketPlan(f"acme-{service}-{suffix}", created, region, tag, ((ALWAYS, (algorithm, _key(key))),))
            )
    return plans


BUCKETS: tuple[BucketPlan, ...] = tuple(_special() + _ordinary())


def denied(now: datetime) -> list[str]:
    """Requests about buckets whose configuration the reader may not see at ``now``."""
    hidden = [plan.name for plan in BUCKETS if plan.denied and plan.denied[0] <= now < plan.denied[1]]
    return [rf"^GET /{re.escape(name)}[/?]" for name in hidden]


def inventory(plan: BucketPlan, now: datetime) -> int | None:
    """Unencrypted objects the bucket's inventory counts at ``now``; None when it has none."""
    since = INVENTORY_SINCE.get(plan.name)
    if since is not None and since[0] <= now:
        return since[1]
    return at(plan.not_sse, now) if plan.not_sse else None


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Make moto's buckets what they are at ``now``."""
    held = cloud.backend("s3").buckets
    for plan in BUCKETS:
        if plan.name not in held:
            _create(cloud, plan)
        bucket = held[plan.name]
        bucket.encryption = _configuration(*at(plan.encryption, now))
    for plan in BUCKETS:
        if inventory(plan, now) is None:
            held[plan.name].inventory_configs.clear()
        else:
            _inventory(cloud, plan, now)


def _create(cloud: Cloud, plan: BucketPlan) -> None:
    client = cloud.client("s3", plan.region)
    where = {} if plan.region == HOME else {"CreateBucketConfiguration": {"LocationConstraint": plan.region}}
    client.create_bucket(Bucket=plan.name, **where)
    tags = {"owner": OWNED.get(plan.name, plan.owner), "data-class-reviewed": REVIEWED.get(plan.name, "2026-02-02")}
    tags |= {"data-class": plan.tag} if plan.tag else {}
    client.put_bucket_tagging(
        Bucket=plan.name, Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}
    )
    if plan.tag != "public":
        client.put_public_access_block(
            Bucket=plan.name,
            PublicAccessBlockConfiguration=dict.fromkeys(
                ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
            ),
        )
    if plan.name in LIFECYCLES:
        days, prefix = LIFECYCLES[plan.name]
        rule = {"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": prefix}, "Expiration": {"Days": days}}
        client.put_bucket_lifecycle_configuration(Bucket=plan.name, LifecycleConfiguration={"Rules": [rule]})
    bucket = cloud.backend("s3").buckets[plan.name]
    bucket.creation_date = plan.created_at
    bucket.versioning_status = "Enabled" if plan.tag in ("confidential", "pii") else None


def _configuration(algorithm: str | None, key: str | None) -> dict[str, Any] | None:
    """The configuration as moto keeps it."""
    if algorithm is None:
        return None
    default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
    return {"Rule": {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": str(bool(key)).lower()}}


def _inventory(cloud: Cloud, plan: BucketPlan, now: datetime) -> None:
    """A weekly inventory with the report of the last Sunday."""
    client = cloud.client("s3", plan.region)
    held = cloud.backend("s3").buckets[plan.name]
    if not held.inventory_configs:
        client.put_bucket_inventory_configuration(
            Bucket=plan.name,
            Id="weekly",
            InventoryConfiguration={
                "Destination": {
                    "S3BucketDestination": {
                        "Bucket": "arn:aws:s3:::acme-inventory",
                        "Format": "CSV",
                        "Prefix": "inventory",
                    }
                },
                "IsEnabled": True,
                "Id": "weekly",
                "IncludedObjectVersions": "Current",
                "OptionalFields": ["Size", "EncryptionStatus"],
                "Schedule": {"Frequency": "Weekly"},
            },
        )
        # moto keeps the XML's shape and answers it in no form that boto3 reads.
        configuration = held.inventory_configs["weekly"]
        configuration.optional_fields, configuration.is_enabled = ["Size", "EncryptionStatus"], True
    sunday = (now - timedelta(days=(now.weekday() + 1) % 7)).date()
    reported_at = datetime.combine(sunday, time(1), tzinfo=now.tzinfo)
    if reported_at > now:
        sunday, reported_at = sunday - timedelta(days=7), reported_at - timedelta(days=7)
    root = f"inventory/{plan.name}/weekly"
    files = cloud.backend("s3").buckets["acme-inventory"].keys
    for key in [key for key in files if key.startswith(f"{root}/")]:
        files.pop(key)
    counted = inventory(plan, reported_at)
    if counted is None:  # the first report is still to come
        return
    data_key = f"{root}/data/{sunday}.csv.gz"
    rows = io.StringIO()
    writer = csv.writer(rows, quoting=csv.QUOTE_ALL)
    for number in range(40):
        status = "NOT-SSE" if number < counted else "SSE-KMS"
        writer.writerow([plan.name, f"{number:04}.pdf", 1000 + number, status])
    body = gzip.compress(rows.getvalue().encode(), mtime=0)
    manifest = {
        "sourceBucket": plan.name,
        "destinationBucket": "arn:aws:s3:::acme-inventory",
        "version": "2016-11-30",
        "creationTimestamp": str(int(reported_at.timestamp() * 1000)),
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size, EncryptionStatus",
        "files": [{"key": data_key, "size": len(body)}],
    }
    home = cloud.client("s3")
    home.put_object(Bucket="acme-inventory", Key=data_key, Body=body)
    home.put_object(Bucket="acme-inventory", Key=f"{root}/{sunday}T01-00Z/manifest.json", Body=json.dumps(manifest))
