"""AWS secrets: what Secrets Manager and Parameter Store hold, how it is encrypted and when it changed; never a value.

Least permissions: ec2:DescribeRegions, secretsmanager:ListSecrets, secretsmanager:ListSecretVersionIds,
ssm:DescribeParameters (SecurityAudit holds them all). None of these calls can return a value.

A list of secrets does not say when the current version was made, so that each secret is asked for its versions, except
replicas (their primary tells), those of another service, and those that wait for deletion. Cannot see: secrets in
other accounts and anywhere else. One row a region, also for an empty one: an empty list is an answer, a missing row is
not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from soc2_warehouse.aws import Aws, ask, each_region, pages
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Envelope, Read, table

SOURCE = "aws_secrets"
CONNECTION = "aws_default"
CONCURRENCY = 8


def client(connection: Connection) -> Aws:
    return Aws(connection, CONCURRENCY)


def calls(client: Aws) -> tuple[int, int, int]:
    return client.counts()


@table(kind="snapshot", key=("Region",), query="Secrets Manager ListSecrets (IncludePlannedDeletion) in each region")
def secrets(client: Aws, read: Read) -> Iterator[Any]:
    def call(manager: Any) -> Any:
        return pages(manager, "list_secrets", "SecretList", read, IncludePlannedDeletion=True)

    yield from each_region(client, read, "secretsmanager", call)


@table(kind="snapshot", key=("SecretId",), query="Secrets Manager ListSecretVersionIds for each secret of our own")
def secret_versions(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    held = [
        (str(listed.parent["Region"]), str(secret["ARN"]))
        for listed in read.landed("secrets")
        if listed.parent
        for secret in listed.record or []
        if not secret.get("DeletedDate")
        and not secret.get("OwningService")
        and secret.get("PrimaryRegion") in (None, listed.parent["Region"])
    ]

    def one(item: tuple[str, str]) -> Envelope:
        region, arn = item
        manager = client.client("secretsmanager", region)

        def call() -> Any:
            # Versions with a label, twenty at most: one page.
            found = manager.list_secret_version_ids(SecretId=arn, MaxResults=100)["Versions"]
            read.page(len(found))
            return found

        return ask(read, call, Region=region, SecretId=arn)

    yield from read.each(held, one)


@table(kind="snapshot", key=("Region",), query="Systems Manager DescribeParameters in each region")
def parameters(client: Aws, read: Read) -> Iterator[Any]:
    yield from each_region(
        client,
        read,
        "ssm",
        lambda ssm: pages(ssm, "describe_parameters", "Parameters", read, PaginationConfig={"PageSize": 50}),
    )
