"""AWS EC2 key pairs with their public keys, of every enabled region.

Least permissions: ec2:DescribeRegions, ec2:DescribeKeyPairs. Cannot see: keys that a machine trusts beside its pair,
and when the material of an imported pair was made: CreateTime is the import's. One row a region, also for an empty one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from soc2_warehouse.aws import Aws, each_region
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Read, table

SOURCE = "aws_key_pairs"
CONNECTION = "aws_default"
CONCURRENCY = 8


def client(connection: Connection) -> Aws:
    return Aws(connection, CONCURRENCY)


def calls(client: Aws) -> tuple[int, int, int]:
    return client.counts()


@table(kind="snapshot", key=("Region",), query="EC2 DescribeKeyPairs with public keys in each region")
def key_pairs(client: Aws, read: Read) -> Iterator[Any]:
    def call(ec2: Any) -> Any:
        found = ec2.describe_key_pairs(IncludePublicKey=True)["KeyPairs"]
        read.page(len(found))
        return found

    yield from each_region(client, read, "ec2", call)
