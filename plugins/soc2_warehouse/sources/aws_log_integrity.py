"""Whether the files of the trails are still what CloudTrail wrote: its digests of yesterday, verified, the keys that
they are signed with, and whether accesses to the buckets that hold logs are written down.

Least permissions: ec2:DescribeRegions, cloudtrail:DescribeTrails, cloudtrail:ListPublicKeys, s3:ListBucket,
s3:GetObject, s3:GetBucketLogging.

Cannot see: what was altered before yesterday and is not read again; files that were moved to an archive class, which
have to be restored first (their rows say so). One list and 24 digests a trail and region, and each file that they
name: what CloudTrail wrote in a day is read once.

Fetching does not judge, and yet the signature is checked here: SQL has no RSA. What is landed is the digest as it was
read, its signature, the hash of its content and the fingerprint of the key, so anybody can check it again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

from soc2_warehouse.aws import Aws, ask, record
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Envelope, Read, table

SOURCE = "aws_log_integrity"
CONNECTION = "aws_default"
CONCURRENCY = 8
#: For how long CloudTrail's keys are asked back: they are used for a few weeks.
KEYS_OF = timedelta(days=90)
SILENT_AFTER = timedelta(days=30)
ALGORITHM = "SHA256withRSA"


def client(connection: Connection) -> Aws:
    return Aws(connection, CONCURRENCY)


def calls(client: Aws) -> tuple[int, int, int]:
    return client.counts()


@table(kind="snapshot", key=("Fingerprint",), query="CloudTrail ListPublicKeys (of 90 days) in each enabled region")
def public_keys(client: Aws, read: Read) -> Iterator[Any]:
    """Keys of each region, which has its own."""
    client.introduce(read)

    def one(region: str) -> Envelope:
        def call() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = []
            token: str | None = None
            while True:
                page = client.client("cloudtrail", region).list_public_keys(
                    StartTime=read.until - KEYS_OF, EndTime=read.until, **({"NextToken": token} if token else {})
                )
                found += [{**key, "Value": base64.b64encode(key["Value"]).decode()} for key in page["PublicKeyList"]]
                read.page(len(page["PublicKeyList"]))
                token = page.get("NextToken")
                if not token:
                    return found

        return ask(read, call, Region=region)

    yield from read.each(client.enabled_regions, one)


@table(kind="snapshot", key=("TrailARN",), query="CloudTrail DescribeTrails in the region of the connection")
def stores(client: Aws, read: Read) -> Iterator[Any]:
    """Where each trail writes. Of a single-region trail elsewhere aws_trail_config tells."""
    client.introduce(read)
    for trail in record(client.client("cloudtrail").describe_trails(includeShadowTrails=True))["trailList"]:
        read.page(1)
        yield read.answer(trail, Account=client.caller.get("Account"))


@table(
    kind="snapshot",
    key=("Bucket", "Key"),
    query="S3 ListObjectsV2, GetObject: digests of the day before the logical day of every trail that writes them, in "
    "every region it covers, and the log files that they name",
)
def digests(client: Aws, read: Read) -> Iterator[Any]:
    """A row a digest; a region without any for that day, or that was refused, has one row without a key."""
    client.introduce(read)
    day = read.day - timedelta(days=1)
    read.parameter("Day", day.isoformat())
    keys = {key["Fingerprint"]: key["Value"] for region in read.landed("public_keys") for key in region.record or []}
    account = str(client.caller.get("Account"))
    places = [
        (trail.record, region)
        for trail in read.landed("stores")
        if trail.record.get("LogFileValidationEnabled")
        for region in (client.enabled_regions if trail.record["IsMultiRegionTrail"] else [trail.record["HomeRegion"]])
    ]

    def one(place: tuple[dict[str, Any], str]) -> list[Envelope]:
        trail, region = place
        parent = {
            "TrailARN": trail["TrailARN"],
            "Region": region,
            "Day": day.isoformat(),
            "Bucket": trail["S3BucketName"],
        }
        s3 = client.client("s3", trail["HomeRegion"])
        begin = "/".join(part for part in (trail.get("S3KeyPrefix"), "AWSLogs", account) if part)
        listed = ask(
            read, lambda: _keys(s3, parent["Bucket"], f"{begin}/CloudTrail-Digest/{region}/{day:%Y/%m/%d}/", read)
        )
        if listed.error is not None:
            return [Envelope(parent=parent, error=listed.error)]
        name = f"_CloudTrail-Digest_{region}_{trail['Name']}_"
        found = [key for key in listed.record if name in key]
        if not found:
            return [read.answer(None, **parent)]
        return [ask(read, partial(_digest, s3, str(parent["Bucket"]), key, keys), **parent, Key=key) for key in found]

    for rows in read.each(places, one):
        yield from rows


def _keys(s3: Any, bucket: str, prefix: str, read: Read) -> list[str]:
    found: list[str] = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        read.page(len(page.get("Contents") or []))
        found += [item["Key"] for item in page.get("Contents") or []]
    return sorted(found)


def _digest(s3: Any, bucket: str, key: str, keys: dict[str, str]) -> dict[str, Any]:
    """The digest, what its signature says, and the hash of each file that it names beside the hash that was signed."""
    answer = s3.get_object(Bucket=bucket, Key=key)
    content = _unpacked(answer["Body"].read())
    digest = json.loads(content)
    signature = str((answer.get("Metadata") or {}).get("signature") or "")
    public_key = keys.get(str(digest.get("digestPublicKeyFingerprint")))
    return {
        "Digest": digest,
        "Signature": signature,
        "ContentHash": hashlib.sha256(content).hexdigest(),
        "IsKeyKnown": public_key is not None,
        "IsSignatureValid": None
        if public_key is None
        else is_signed(digest, content, signature, public_key, bucket, key),
        "Files": [_file(s3, named) for named in digest.get("logFiles") or []],
    }


def _file(s3: Any, named: dict[str, Any]) -> dict[str, Any]:
    """A log file that a digest names. Raises ClientError for what says nothing about the file."""
    from botocore.exceptions import ClientError

    row = {"Key": named["s3Object"], "SignedHash": named["hashValue"], "FoundHash": None, "ErrorCode": None}
    try:
        body = s3.get_object(Bucket=named["s3Bucket"], Key=named["s3Object"])["Body"].read()
    except ClientError as error:
        if int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= 500:
            raise
        return row | {"ErrorCode": error.response.get("Error", {}).get("Code")}
    try:
        return row | {"FoundHash": hashlib.sha256(_unpacked(body)).hexdigest()}
    except zlib.error:
        return row | {"FoundHash": "not gzip"}


def _unpacked(body: bytes) -> bytes:
    return zlib.decompress(body, zlib.MAX_WBITS | 16)


def signed_text(digest: dict[str, Any], content: bytes, bucket: str, key: str) -> bytes:
    """What CloudTrail signs. Bucket and key are those where the digest lies: a moved one is not what was signed."""
    previous = digest.get("previousDigestSignature") or "null"
    place, content_hash = f"{bucket}/{key}", hashlib.sha256(content).hexdigest()
    return f"{digest['digestEndTime']}\n{place}\n{content_hash}\n{previous}".encode()


def is_signed(digest: dict[str, Any], content: bytes, signature: str, public_key: str, bucket: str, key: str) -> bool:
    """Whether the signature (hex) of the digest is that of the key (base64 of PKCS #1 DER)."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    loaded = load_der_public_key(base64.b64decode(public_key))
    if not isinstance(loaded, rsa.RSAPublicKey) or digest.get("digestSignatureAlgorithm") != ALGORITHM:
        return False
    try:
        text = signed_text(digest, content, bucket, key)
        loaded.verify(bytes.fromhex(signature), text, padding.PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


@table(
    kind="snapshot",
    key=("Bucket",),
    query="S3 GetBucketLogging, ListObjectsV2 (one key of the last 30 days): access log of each trail's bucket",
)
def access_records(client: Aws, read: Read) -> Iterator[Any]:
    """Whether anything arrived in 30 days in the access log of a bucket that a trail writes to; we read it daily."""
    client.introduce(read)
    account = str(client.caller.get("Account"))
    since = datetime.combine(read.day, time()) - SILENT_AFTER
    homes = {trail.record["S3BucketName"]: trail.record["HomeRegion"] for trail in read.landed("stores")}

    def one(bucket: str) -> Envelope:
        def call() -> dict[str, Any]:
            s3 = client.client("s3", homes[bucket])
            read.page(1)
            log = s3.get_bucket_logging(Bucket=bucket).get("LoggingEnabled")
            if log is None:
                return {"LoggingEnabled": None, "HasRecord": None}
            prefix, dated = str(log.get("TargetPrefix") or ""), f"{since:%Y-%m-%d}"
            if "PartitionedPrefix" in (log.get("TargetObjectKeyFormat") or {}):
                prefix += f"{account}/{homes[bucket]}/{bucket}/"
                dated = f"{since:%Y/%m/%d}"
            page = s3.list_objects_v2(Bucket=log["TargetBucket"], Prefix=prefix, StartAfter=prefix + dated, MaxKeys=1)
            return {"LoggingEnabled": log, "HasRecord": bool(page.get("Contents"))}

        return ask(read, call, Bucket=bucket)

    yield from read.each(sorted(homes), one)
