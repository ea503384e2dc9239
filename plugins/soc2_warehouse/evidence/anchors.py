"""Anchors: where a seal is written down outside the warehouse, so that writing everything anew is found.

``s3://bucket/prefix``: an object per seal, in a bucket with Object Lock, locked for ``retention_days`` (credentials and
endpoint from the usual AWS_* variables). Permissions: ``s3:PutObject``, ``s3:PutObjectRetention`` to write,
``s3:ListBucketVersions``, ``s3:GetObjectVersion`` to verify. ``git:/path``: a tag ``evidence/<seal>-<day>`` per seal,
signed with ssh, pushed to ``origin`` where there is one. In both the first one of a name counts for ever.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from soc2_warehouse.evidence import keys
from soc2_warehouse.evidence import verify_evidence as form
from soc2_warehouse.evidence.home import Home
from soc2_warehouse.evidence.seals import Sealed
from soc2_warehouse.settings import Settings

GIT_SECONDS = 60


class NotAnchored(RuntimeError):
    """The anchor did not take the seal; the message says why."""


def put(settings: Settings, target: str, sealed: Sealed) -> str:
    """Write one seal down at an anchor; again is allowed, something else in its place is not. Returns its address.

    Raises NotAnchored.
    """
    if target.startswith("git:"):
        return _tag(settings, target, sealed)
    return _lock(settings, target, sealed)


def read(settings: Settings, target: str, newest_only: bool = False) -> form.Anchor:
    """What an anchor holds: ``s3://…``, ``git:PATH``, or a folder with copies. Never raises: it says why it cannot."""
    if target.startswith("git:"):
        return form.git_anchor(target.removeprefix("git:"), _tag_signers(settings), newest_only)
    if not target.startswith("s3://"):
        return form.copies(Path(target))
    anchor = form.Anchor(target, whole=not newest_only)
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client, bucket, prefix = _bucket(target)
        kept = list(_versions(client, bucket, prefix))
        if newest_only and kept:
            kept = [one for one in kept if one["Key"] == kept[-1]["Key"]]
        for version in kept:
            where = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
            content = client.get_object(**where)["Body"].read()
            form.hold(anchor, content, f"s3://{bucket}/{version['Key']}?versionId={version['VersionId']}")
    except (BotoCoreError, ClientError, OSError) as error:
        anchor.error = f"{type(error).__name__}: {error}"
    return anchor


def held(settings: Settings, target: str) -> Iterator[tuple[str, bytes]]:
    """(name, content) of what an anchor holds now, for an export. Raises OSError, botocore's errors."""
    if target.startswith("git:"):
        repository = target.removeprefix("git:")
        for tag in _git(repository, "tag", "--list", "evidence/*").decode().split():
            yield tag.rpartition("/")[2], _git(repository, "cat-file", "blob", f"{tag}^{{blob}}")
        return
    client, bucket, prefix = _bucket(target)
    for version in _versions(client, bucket, prefix):
        where = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
        yield Path(version["Key"]).stem, client.get_object(**where)["Body"].read()


# S3


def _bucket(target: str) -> tuple[Any, str, str]:
    import boto3
    from botocore.config import Config

    bucket, _, prefix = target.removeprefix("s3://").partition("/")
    limits = Config(connect_timeout=10, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 2})
    client = boto3.client("s3", config=limits, region_name=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))
    return client, bucket, f"{prefix.rstrip('/')}/" if prefix else ""


def _versions(client: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    """Every version of every seal, by name, the oldest first: what was put later, or deleted, hides nothing."""
    found = []
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        found += [version for version in page.get("Versions", []) if version["Key"].endswith(".json")]
    # Of one name the list has the newest first, and times are of whole seconds.
    found.reverse()
    yield from sorted(found, key=lambda version: (version["Key"], version["LastModified"]))


def _lock(settings: Settings, target: str, sealed: Sealed) -> str:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client, bucket, prefix = _bucket(target)
        key = f"{prefix}{sealed.name}.json"
        address = f"{target.rstrip('/')}/{sealed.name}.json"
        kept = [version for version in _versions(client, bucket, key) if version["Key"] == key]
        if kept:
            where = {"Bucket": bucket, "Key": key, "VersionId": kept[0]["VersionId"]}
            if client.get_object(**where)["Body"].read() != sealed.content:
                raise NotAnchored(f"{address} is there already, and is another seal")
            return address
        client.put_object(
            Bucket=bucket,
            Key=key,
            Body=sealed.content,
            ContentType="application/json",
            ChecksumAlgorithm="SHA256",
            ObjectLockMode="COMPLIANCE",
            # The lock is in the real world's time, whatever night the warehouse judges.
            ObjectLockRetainUntilDate=datetime.now(UTC) + timedelta(days=settings.retention_days),
        )
    except (BotoCoreError, ClientError, OSError) as error:
        raise NotAnchored(f"{type(error).__name__}: {error}") from error
    return address


# git


def _tag(settings: Settings, target: str, sealed: Sealed) -> str:
    repository, tag = target.removeprefix("git:"), f"evidence/{sealed.name}"
    try:
        remotes = _git(repository, "remote").split()
        if tag.encode() in _git(repository, "tag", "--list", tag).split():
            if _git(repository, "cat-file", "blob", f"{tag}^{{blob}}") != sealed.content:
                raise NotAnchored(f"the tag {tag} is there already, and is another seal")
        else:
            blob = _git(repository, "hash-object", "-w", "--stdin", content=sealed.content).decode().strip()
            with tempfile.TemporaryDirectory(prefix="soc2-key-") as folder:
                signing = _ssh_key(settings, Path(folder))
                told = f"Evidence of {sealed.day}: seal {sealed.seal}, entry {sealed.last_seq}\n\nhead {sealed.head}"
                identity = ("-c", "user.name=soc2-warehouse", "-c", "user.email=evidence@localhost")
                options = (*identity, "-c", "gpg.format=ssh", "-c", f"user.signingkey={signing}")
                _git(repository, *options, "tag", "--sign", "--message", told, tag, blob)
        if b"origin" in remotes:
            _git(repository, "push", "--quiet", "origin", f"refs/tags/{tag}")
    except (OSError, subprocess.SubprocessError, keys.KeyProblem) as error:
        raise NotAnchored(str(error)) from error
    return f"{target}#{tag}"


def _ssh_key(settings: Settings, folder: Path) -> Path:
    """A key file that ssh-keygen signs with: the one that was given, or the signing key in its form."""
    if settings.git_key:
        return settings.git_key
    path = folder / "key"
    source = settings.signing_keys[0] if settings.signing_keys else keys.made(settings)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(keys.openssh(source))
    return path


def _tag_signers(settings: Settings) -> Sequence[bytes]:
    """Public keys that may have signed tags."""
    public = [] if settings.git_key is None else [settings.git_key.with_name(f"{settings.git_key.name}.pub")]
    return [
        *(path.read_bytes() for path in public if path.exists()),
        *form.public_keys(Home(settings)).values(),
    ]


def _git(repository: str, *arguments: str, content: bytes | None = None) -> bytes:
    run = subprocess.run(
        [shutil.which("git") or "git", "-C", repository, *arguments],
        input=content,
        capture_output=True,
        timeout=GIT_SECONDS,
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
    )
    if run.returncode:
        raise OSError(run.stderr.decode("utf-8", "replace").strip() or f"git {arguments[0]} failed")
    return run.stdout
