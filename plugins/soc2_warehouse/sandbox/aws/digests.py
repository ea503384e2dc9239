"""Digests of the sandbox's trail: one an hour and region, signed and chained as CloudTrail does, and what somebody did
to them.

Planted for LI-05: on 2026-07-01 a log file was rewritten and another one deleted on the day after; of 2026-07-02 one
digest is missing and the chain shows it; of 2026-07-03 one was rewritten together with its file and signed by nobody.
The near miss is an hour of 2026-06-30 in which nothing happened: its digest names no file.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import ENABLED_REGIONS, HOME, Cloud, moment, stable_hex
from soc2_warehouse.sandbox.aws.trail_config import BUCKET, MAIN
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID

#: After the buckets.
RANK = 4
BITS, EXPONENT = 2048, 65537
#: Hours of a day in which the trail has files; all of the region of the connection.
BUSY = (9, 14)
#: Exactly what must be kept (near miss of LI-01 LOCK_TOO_SHORT).
LOCK_YEARS = 3
ALTERED, DELETED = (date(2026, 7, 1), 9), (date(2026, 7, 1), 14)
MISSING, FORGED = (date(2026, 7, 2), 11), (date(2026, 7, 3), 14)


@cache
def _private_key() -> Any:
    """The region's key, made from a seed: no secret, and the same in every process."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    dice = random.Random("acme trail digests")
    p, q = _prime(dice), _prime(dice)
    d = pow(EXPONENT, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(EXPONENT, p * q)
    return rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public
    ).private_key()


def _prime(dice: random.Random) -> int:
    """A probable prime of half the key's length whose two highest bits are set."""
    while True:
        found = dice.getrandbits(BITS // 2) | (3 << (BITS // 2 - 2)) | 1
        if found % EXPONENT != 1 and all(pow(base, found - 1, found) == 1 for base in (2, 3, 5, 7)):
            return found


@cache
def public_key() -> bytes:
    """The key as ListPublicKeys gives it: PKCS #1, DER."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der: bytes = _private_key().public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return der


@cache
def fingerprint() -> str:
    return hashlib.md5(public_key(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Digest:
    """A signed digest: where it lies, its content, its signature (hex), and its files by key."""

    key: str
    content: bytes
    signature: str
    files: dict[str, bytes]


def _signature(text: bytes) -> str:
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.hashes import SHA256

    signed: bytes = _private_key().sign(text, padding.PKCS1v15(), SHA256())
    return signed.hex()


@cache
def chain(region: str, day: date) -> tuple[Digest, ...]:
    """The digests of a region and day. The first one names the last of the day before; each Monday a chain begins, so
    that nobody has to sign a year to show a day.
    """
    from soc2_warehouse.sources.aws_log_integrity import signed_text

    previous = chain(region, day - timedelta(days=1))[-1] if day.weekday() else None
    found = []
    for hour in range(24):
        ends = datetime.combine(day, time(hour))
        files = _files(region, day, hour)
        name = f"{ACCOUNT_ID}_CloudTrail-Digest_{region}_{MAIN}_{HOME}_{ends:%Y%m%dT%H%M%SZ}.json.gz"
        key = f"AWSLogs/{ACCOUNT_ID}/CloudTrail-Digest/{region}/{ends:%Y/%m/%d}/{name}"
        document = {
            "awsAccountId": ACCOUNT_ID,
            "digestStartTime": f"{ends - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
            "digestEndTime": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
            "digestS3Bucket": BUCKET,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": fingerprint(),
            "digestSignatureAlgorithm": "SHA256withRSA",
            "previousDigestS3Bucket": BUCKET if previous else None,
            "previousDigestS3Object": previous.key if previous else None,
            "previousDigestHashValue": hashlib.sha256(previous.content).hexdigest() if previous else None,
            "previousDigestHashAlgorithm": "SHA-256" if previous else None,
            "previousDigestSignature": previous.signature if previous else None,
            "logFiles": [
                {
                    "s3Bucket": BUCKET,
                    "s3Object": file,
                    "hashValue": hashlib.sha256(content).hexdigest(),
                    "hashAlgorithm": "SHA-256",
                }
                for file, content in files.items()
            ],
        }
        content = json.dumps(document).encode()
        previous = Digest(key, content, _signature(signed_text(document, content, BUCKET, key)), files)
        found.append(previous)
    return tuple(found)


def _files(region: str, day: date, hour: int) -> dict[str, bytes]:
    if region != HOME or hour not in BUSY:
        return {}
    at = f"{day:%Y%m%d}T{hour:02}00Z"
    name = f"{ACCOUNT_ID}_CloudTrail_{region}_{at}_{stable_hex(16, 'log file', at)}.json.gz"
    return {f"AWSLogs/{ACCOUNT_ID}/CloudTrail/{region}/{day:%Y/%m/%d}/{name}": json.dumps({"Records": [at]}).encode()}


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Objects of yesterday, as they lie in the locked bucket at ``now``; those of other days nobody reads."""
    backend, bucket = cloud.backend("s3"), cloud.backend("s3").buckets[BUCKET]
    bucket.object_lock_enabled, bucket.default_lock_mode = True, "COMPLIANCE"
    bucket.default_lock_days, bucket.default_lock_years = 0, LOCK_YEARS
    for key in [key for key in bucket.keys if key.startswith("AWSLogs/")]:
        bucket.keys.pop(key)
    day = now.date() - timedelta(days=1)
    for region in ENABLED_REGIONS:
        for hour, digest in enumerate(chain(region, day)):
            if region == HOME and (day, hour) == MISSING:
                continue
            content, files = digest.content, dict(digest.files)
            for name in digest.files if region == HOME else ():
                if (day, hour) in (ALTERED, FORGED):
                    files[name] = json.dumps({"Records": []}).encode()
                if (day, hour) == DELETED:
                    del files[name]
            if region == HOME and (day, hour) == FORGED:
                for name, file in digest.files.items():
                    old, new = hashlib.sha256(file).hexdigest(), hashlib.sha256(files[name]).hexdigest()
                    content = content.replace(old.encode(), new.encode())
            _put(backend, digest.key, content, digest.signature)
            for name, file in files.items():
                _put(backend, name, file)
    logs = backend.buckets["acme-access-logs"]
    record = f"{BUCKET}/{moment('2026-06-20'):%Y-%m-%d}-00-00-00-{stable_hex(16, 'access record').upper()}"
    if record not in logs.keys:
        backend.put_object("acme-access-logs", record, b"read by the warehouse\n")


def _put(backend: Any, key: str, content: bytes, signature: str | None = None) -> None:
    made = backend.put_object(BUCKET, key, gzip.compress(content, mtime=0))
    if signature is not None:
        made.set_metadata({"x-amz-meta-signature": signature, "x-amz-meta-signature-algorithm": "SHA256withRSA"})
