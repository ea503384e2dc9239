"""AWS firewalls: security groups, what they are attached to, and the prefix lists they name, of every enabled region.

Least permissions: ec2:DescribeRegions, ec2:DescribeSecurityGroups, ec2:DescribeNetworkInterfaces,
ec2:GetManagedPrefixListEntries (SecurityAudit holds them all).

Cannot see: regions that the account has not opted into, other accounts, and whether a network ACL or a firewall in
front refuses what a group lets in. One row a region, also for an empty one: an empty list is an answer, a missing row
is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from soc2_warehouse.aws import Aws, ask, each_region, pages
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Envelope, Read, table

SOURCE = "aws_network"
CONNECTION = "aws_default"
CONCURRENCY = 8


def client(connection: Connection) -> Aws:
    return Aws(connection, CONCURRENCY)


def calls(client: Aws) -> tuple[int, int, int]:
    return client.counts()


@table(kind="snapshot", key=("Region",), query="EC2 DescribeSecurityGroups in each region")
def security_groups(client: Aws, read: Read) -> Iterator[Any]:
    def call(ec2: Any) -> Any:
        return pages(ec2, "describe_security_groups", "SecurityGroups", read)

    yield from each_region(client, read, "ec2", call)


@table(kind="snapshot", key=("Region",), query="EC2 DescribeNetworkInterfaces in each region")
def network_interfaces(client: Aws, read: Read) -> Iterator[Any]:
    yield from each_region(
        client, read, "ec2", lambda ec2: pages(ec2, "describe_network_interfaces", "NetworkInterfaces", read)
    )


@table(
    kind="snapshot",
    key=("Region", "PrefixListId"),
    query="EC2 GetManagedPrefixListEntries for each prefix list that a security group lets in",
)
def prefix_list_entries(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    named = sorted(
        {
            (str(region.parent["Region"]), str(listed["PrefixListId"]))
            for region in read.landed("security_groups")
            if region.parent
            for group in region.record or []
            for permission in group.get("IpPermissions") or []
            for listed in permission.get("PrefixListIds") or []
        }
    )

    def one(place: tuple[str, str]) -> Envelope:
        region, prefix_list = place

        def call() -> Any:
            ec2 = client.client("ec2", region)
            return pages(ec2, "get_managed_prefix_list_entries", "Entries", read, PrefixListId=prefix_list)

        return ask(read, call, Region=region, PrefixListId=prefix_list)

    yield from read.each(named, one)
