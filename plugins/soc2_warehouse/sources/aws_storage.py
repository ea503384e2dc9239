"""Amazon S3: every bucket with its encryption, tags, versioning, lock, logging, lifecycle, policy, public access block
and inventory.

Least permissions: s3:ListAllMyBuckets, s3:GetEncryptionConfiguration, s3:GetBucketTagging, s3:GetBucketVersioning,
s3:GetLifecycleConfiguration, s3:GetBucketPublicAccessBlock, s3:GetAccountPublicAccessBlock, s3:GetBucketPolicyStatus,
s3:GetBucketPolicy, s3:GetBucketAcl, s3:GetInventoryConfiguration, s3:GetBucketLogging,
s3:GetBucketObjectLockConfiguration (all in SecurityAudit), and s3:ListBucket, s3:GetObject on the buckets that receive
inventory reports.

Cannot see: objects (only what an S3 Inventory report counts of them), directory buckets. Since
2023-01-05 S3 answers at least AES256 for every bucket, which says nothing on objects that are older.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from soc2_warehouse.aws import Aws, ask, refusal
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Read, table

SOURCE = "aws_storage"
CONNECTION = "aws_default"
CONCURRENCY = 8
PAGE = 1000
BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


class Unreadable(ValueError):
    """An inventory in a format that is not read."""


def client(connection: Connection) -> Aws:
    return Aws(connection, CONCURRENCY)


def calls(client: Aws) -> tuple[int, int, int]:
    return client.counts()


@table(kind="snapshot", key=("Name",), query="S3 ListBuckets (paged)")
def buckets(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    s3 = client.client("s3")
    token: str | None = None
    while True:
        page = s3.list_buckets(MaxBuckets=PAGE, **({"ContinuationToken": token} if token else {}))
        found = page.get("Buckets") or []
        read.page(len(found))
        for item in found:
            yield read.answer(item, Account=client.caller.get("Account"))
        token = page.get("ContinuationToken")
        if not token:
            break
    if len(found) == PAGE:
        read.incomplete("the last page of ListBuckets was full and carried no ContinuationToken")


def _each_bucket(
    client: Aws, read: Read, call: Callable[[Any, str], Any], among: set[str] | None = None
) -> Iterator[Any]:
    """``call(s3 client of the bucket's region, name)`` for every bucket, or those ``among`` them."""
    client.introduce(read)
    listed = [(item.record["Name"], item.record.get("BucketRegion")) for item in read.landed("buckets")]
    if among is not None:
        listed = [item for item in listed if item[0] in among]

    def one(item: tuple[str, str | None]) -> Any:
        name, region = item
        read.page(1)
        return ask(read, lambda: call(client.client("s3", region), name), Bucket=name)

    yield from read.each(listed, one)


@table(kind="snapshot", key=("Bucket",), query="S3 GetBucketEncryption for each bucket")
def bucket_encryption(client: Aws, read: Read) -> Iterator[Any]:
    def call(s3: Any, name: str) -> Any:
        return s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]

    yield from _each_bucket(client, read, call)


@table(kind="snapshot", key=("Bucket",), query="S3 GetBucketTagging for each bucket")
def bucket_tagging(client: Aws, read: Read) -> Iterator[Any]:
    def call(s3: Any, name: str) -> Any:
        return s3.get_bucket_tagging(Bucket=name)["TagSet"]

    yield from _each_bucket(client, read, call)


@table(kind="snapshot", key=("Bucket",), query="S3 GetBucketVersioning for each bucket")
def bucket_versioning(client: Aws, read: Read) -> Iterator[Any]:
    def call(s3: Any, name: str) -> Any:
        answer = s3.get_bucket_versioning(Bucket=name)
        return {key: answer[key] for key in ("Status", "MFADelete") if key in answer}

    yield from _each_bucket(client, read, call)


@table(
    kind="snapshot",
    key=("Bucket",),
    query="S3 GetObjectLockConfiguration for each bucket with versioning, or whose versioning was refused",
)
def bucket_lock(client: Aws, read: Read) -> Iterator[Any]:
    """What was never versioned cannot be locked, so most buckets need no question."""
    asked = {
        item.parent["Bucket"]
        for item in read.landed("bucket_versioning")
        if item.parent and (item.error or item.record.get("Status"))
    }

    def call(s3: Any, name: str) -> Any:
        return s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]

    yield from _each_bucket(client, read, call, asked)


@table(kind="snapshot", key=("Bucket",), query="S3 GetBucketLogging for each bucket")
def bucket_logging(client: Aws, read: Read) -> Iterator[Any]:
    """Where accesses to the bucket are written; null for a bucket that writes none."""

    def call(s3: Any, name: str) -> Any:
        return {"LoggingEnabled": s3.get_bucket_logging(Bucket=name).get("LoggingEnabled")}

    yield from _each_bucket(client, read, call)


@table(kind="snapshot", key=("Bucket",), query="S3 GetBucketLifecycleConfiguration for each bucket")
def bucket_lifecycle(client: Aws, read: Read) -> Iterator[Any]:
    yield from _each_bucket(client, read, lambda s3, name: s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"])


@table(kind="snapshot", key=("Bucket",), query="S3 GetPublicAccessBlock for each bucket")
def public_access_block(client: Aws, read: Read) -> Iterator[Any]:
    def call(s3: Any, name: str) -> Any:
        return s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]

    yield from _each_bucket(client, read, call)


@table(kind="snapshot", key=("Bucket",), query="S3 GetBucketPolicy for each bucket")
def bucket_policies(client: Aws, read: Read) -> Iterator[Any]:
    def call(s3: Any, name: str) -> Any:
        return {"Policy": s3.get_bucket_policy(Bucket=name)["Policy"]}

    yield from _each_bucket(client, read, call)


@table(
    kind="snapshot",
    key=("Bucket",),
    query="S3 ListBucketInventoryConfigurations for each bucket; EncryptionStatus counts of the newest report",
)
def bucket_inventory(client: Aws, read: Read) -> Iterator[Any]:
    from botocore.exceptions import ClientError

    client.introduce(read)
    listed = [(item.record["Name"], item.record.get("BucketRegion")) for item in read.landed("buckets")]
    regions = dict(listed)

    def one(item: tuple[str, str | None]) -> Any:
        name, region = item
        try:
            configuration = _configuration(client.client("s3", region), name)
            read.page(1)
            if configuration is None:
                return read.refused(
                    404, "NoSuchConfiguration", "no enabled inventory with EncryptionStatus", Bucket=name
                )
            target = configuration["Destination"]["S3BucketDestination"]["Bucket"].rpartition(":")[2]
            report = _newest_report(client.client("s3", regions.get(target)), name, target, configuration)
        except ClientError as error:
            return refusal(read, error, Bucket=name)
        except Unreadable as error:
            return read.refused(415, "UnreadableFormat", str(error), Bucket=name)
        if report is None:
            return read.refused(404, "NoReport", f"no report of inventory {configuration['Id']} yet", Bucket=name)
        return read.answer(report, Bucket=name)

    yield from read.each(listed, one)


def _configuration(s3: Any, name: str) -> dict[str, Any] | None:
    """The bucket's first enabled inventory that covers the whole bucket and says how each object is encrypted."""
    token: str | None = None
    while True:
        page = s3.list_bucket_inventory_configurations(Bucket=name, **({"ContinuationToken": token} if token else {}))
        for found in page.get("InventoryConfigurationList") or []:
            if found.get("IsEnabled") and "EncryptionStatus" in found.get("OptionalFields", []) and not _prefix(found):
                return dict(found)
        token = page.get("NextContinuationToken")
        if not token:
            return None


def _prefix(configuration: dict[str, Any]) -> str:
    return str((configuration.get("Filter") or {}).get("Prefix") or "")


def _newest_report(s3: Any, name: str, target: str, configuration: dict[str, Any]) -> dict[str, Any] | None:
    """Manifest and counts by EncryptionStatus of the newest report; None before the first one."""
    prefix = configuration["Destination"]["S3BucketDestination"].get("Prefix")
    root = "/".join(part for part in (prefix, name, configuration["Id"]) if part) + "/"
    listing = s3.get_paginator("list_objects_v2").paginate(Bucket=target, Prefix=root)
    keys = [item["Key"] for page in listing for item in page.get("Contents") or []]
    manifests = sorted(key for key in keys if key.endswith("/manifest.json"))
    if not manifests:
        return None
    manifest = json.loads(s3.get_object(Bucket=target, Key=manifests[-1])["Body"].read())
    counts: Counter[str] = Counter()
    for part in manifest["files"]:
        body = s3.get_object(Bucket=target, Key=part["key"])["Body"].read()
        counts.update(_statuses(body, str(manifest["fileFormat"]), str(manifest["fileSchema"])))
    return {"manifest": manifest, "manifest_key": manifests[-1], "EncryptionStatus": dict(counts)}


def _statuses(body: bytes, file_format: str, schema: str) -> Iterator[str]:
    """The EncryptionStatus of every object in one data file. Raises Unreadable for a format other than CSV, Parquet."""
    if file_format == "CSV":
        column = [field.strip() for field in schema.split(",")].index("EncryptionStatus")
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as unpacked:
            for row in csv.reader(io.TextIOWrapper(unpacked, "utf-8")):
                yield row[column]
        return
    if file_format == "Parquet":
        import pyarrow.parquet as parquet

        yield from parquet.read_table(io.BytesIO(body), columns=["encryption_status"])["encryption_status"].to_pylist()
        return
    raise Unreadable(f"inventory format {file_format}: configure CSV or Parquet")


@table(kind="snapshot", key=("Account",), query="S3 Control GetPublicAccessBlock of the account")
def account_block(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    account = str(client.caller.get("Account"))
    s3control = client.client("s3control")
    if client.connection.extra.get("endpoint_url"):

        def unprefixed(request: Any, **_: Any) -> None:
            """A server of our own has no name for each account."""
            request.url = request.url.replace(f"//{account}.", "//", 1)

        s3control.meta.events.register("before-sign.s3-control", unprefixed)
    read.page(1)
    yield ask(
        read,
        lambda: s3control.get_public_access_block(AccountId=account)["PublicAccessBlockConfiguration"],
        Account=account,
    )


@table(
    kind="snapshot",
    key=("Bucket",),
    query="S3 GetBucketPolicyStatus, GetBucketAcl for each bucket whose own public access block is not complete",
)
def bucket_exposure(client: Aws, read: Read) -> Iterator[Any]:
    """What is blocked altogether needs no question; AWS asks two for each of the others."""
    client.introduce(read)
    blocked = {
        item.parent["Bucket"]
        for item in read.landed("public_access_block")
        if item.parent and item.record and all(item.record.get(flag) for flag in BLOCKS)
    }
    listed = [(item.record["Name"], item.record.get("BucketRegion")) for item in read.landed("buckets")]

    def one(item: tuple[str, str | None]) -> Any:
        name, region = item

        def call() -> Any:
            s3 = client.client("s3", region)
            read.page(2)
            return {"Grants": s3.get_bucket_acl(Bucket=name)["Grants"], "PolicyStatus": _policy_status(s3, name)}

        return ask(read, call, Bucket=name)

    yield from read.each([item for item in listed if item[0] not in blocked], one)


def _policy_status(s3: Any, name: str) -> dict[str, Any]:
    """Whether the policy of the bucket makes it public; a bucket without a policy is not."""
    from botocore.exceptions import ClientError

    try:
        return dict(s3.get_bucket_policy_status(Bucket=name)["PolicyStatus"])
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "NoSuchBucketPolicy":
            raise
        return {"IsPublic": False}
