"""Firewalls of the sandbox's AWS account: a few groups, what they are attached to, and one prefix list.

moto gives groups and interfaces ids of its own making, so its answers are replaced by those of the plans below.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import EUROPE, HOME, Cloud, moment, stable_hex
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID

#: After the databases, whose groups these are.
RANK = 2

WORLD, WORLD_6, OFFICE = "0.0.0.0/0", "::/0", "203.0.113.128/25"
BASTION_GONE = moment("2026-07-05T10:00")
PARTNERS = "pl-0partners00000001"
PARTNER_RANGES = ("198.51.100.64/26", "198.51.100.128/25")


@dataclass(frozen=True)
class Rule:
    """One ingress rule. source: a range, the name of another group, or a prefix list; port None: every port."""

    protocol: str
    port: int | None
    source: str
    to_port: int | None = None

    def body(self, region: str) -> dict[str, Any]:
        found: dict[str, Any] = {
            "IpProtocol": self.protocol,
            "IpRanges": [],
            "Ipv6Ranges": [],
            "UserIdGroupPairs": [],
            "PrefixListIds": [],
        }
        if self.port is not None:
            found |= {"FromPort": self.port, "ToPort": self.to_port or self.port}
        if self.source.startswith("pl-"):
            found["PrefixListIds"] = [{"PrefixListId": self.source}]
        elif ":" in self.source:
            found["Ipv6Ranges"] = [{"CidrIpv6": self.source}]
        elif "/" in self.source:
            found["IpRanges"] = [{"CidrIp": self.source}]
        else:
            found["UserIdGroupPairs"] = [{"GroupId": group_id(self.source, region), "UserId": ACCOUNT_ID}]
        return found


@dataclass(frozen=True)
class GroupPlan:
    """A security group. attached_to: descriptions of the interfaces it applies to, until ``attached_until``."""

    name: str
    region: str
    rules: tuple[Rule, ...]
    attached_to: tuple[str, ...] = ()
    attached_until: datetime | None = None


def group_id(name: str, region: str) -> str:
    return "sg-0" + stable_hex(16, "group", region, name)


GROUPS: tuple[GroupPlan, ...] = (
    GroupPlan(
        "edge",
        HOME,
        (Rule("tcp", 443, WORLD), Rule("tcp", 443, WORLD_6), Rule("tcp", 80, WORLD), Rule("icmp", -1, WORLD)),
        ("ELB app/edge",),
    ),
    GroupPlan("services", HOME, (Rule("tcp", 8080, "edge"), Rule("tcp", 0, "10.0.0.0/8", 65535)), ("ECS services",)),
    GroupPlan("databases", HOME, (Rule("tcp", 5432, "services"),), ("RDSNetworkInterface",)),
    GroupPlan("admin", HOME, (Rule("tcp", 22, OFFICE),), ("vpn",)),
    # The bastion of early days: its volume is not encrypted either, and both went on the same day.
    GroupPlan("bastion", HOME, (Rule("tcp", 22, WORLD),), ("bastion",), BASTION_GONE),
    # IPv6 is what people forget.
    GroupPlan("metrics", HOME, (Rule("tcp", 8443, OFFICE), Rule("tcp", 8443, WORLD_6)), ("metrics",)),
    GroupPlan("launch-wizard-1", HOME, (Rule("tcp", 3389, WORLD),)),
    GroupPlan(
        "reports-open",
        HOME,
        (Rule("tcp", 3306, "0.0.0.0/1"), Rule("tcp", 3306, "128.0.0.0/1")),
        ("RDSNetworkInterface",),
    ),
    GroupPlan("services", EUROPE, (Rule("tcp", 0, "10.0.0.0/8", 65535), Rule("tcp", 443, PARTNERS)), ("ECS services",)),
)

#: What is not said here has no public address and the group ``databases``.
PUBLIC_DATABASES = {"legacy-reports": ("reports-open",), "tools-main": ("services",)}

_now: datetime = moment("2026-07-01")


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Give moto's databases their groups; groups and interfaces are answered from the plans, as of ``now``."""
    global _now
    _now = now
    for region in (HOME, EUROPE):
        usual = ("databases" if region == HOME else "services",)
        backend = cloud.backend("rds", region)
        for name, database in backend.databases.items():
            database.publicly_accessible = name in PUBLIC_DATABASES
            if getattr(database, "cluster", None) is None:
                groups = PUBLIC_DATABASES.get(name, usual)
                database.vpc_security_group_ids = [group_id(group, region) for group in groups]
        for cluster in backend.clusters.values():
            cluster.vpc_security_group_ids = [group_id(group, region) for group in usual]


def _interfaces(region: str) -> list[dict[str, Any]]:
    found = []
    for plan in GROUPS:
        if plan.region != region or (plan.attached_until is not None and plan.attached_until <= _now):
            continue
        for description in plan.attached_to:
            found.append(
                {
                    "NetworkInterfaceId": "eni-0" + stable_hex(16, "interface", region, plan.name, description),
                    "Description": description,
                    "Status": "in-use",
                    "OwnerId": ACCOUNT_ID,
                    "Groups": [{"GroupId": group_id(plan.name, region), "GroupName": plan.name}],
                }
            )
    return found


def fill() -> None:
    """Let moto answer from the plans."""
    from moto.core.responses import ActionResult
    from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces
    from moto.ec2.responses.security_groups import SecurityGroups
    from moto.ec2.responses.vpcs import VPCs

    def describe_security_groups(self: Any) -> Any:
        groups = [
            {
                "GroupId": group_id(plan.name, plan.region),
                "GroupName": plan.name,
                "Description": plan.name,
                "OwnerId": ACCOUNT_ID,
                "VpcId": "vpc-0" + stable_hex(16, "vpc", plan.region),
                "IpPermissions": [rule.body(plan.region) for rule in plan.rules],
            }
            for plan in GROUPS
            if plan.region == self.region
        ]
        return ActionResult({"SecurityGroups": groups})

    def describe_network_interfaces(self: Any) -> Any:
        return ActionResult({"NetworkInterfaces": _interfaces(self.region)})

    def get_managed_prefix_list_entries(self: Any) -> Any:
        return ActionResult({"Entries": [{"Cidr": cidr} for cidr in PARTNER_RANGES]})

    SecurityGroups.describe_security_groups = describe_security_groups  # type: ignore[method-assign]
    ElasticNetworkInterfaces.describe_network_interfaces = describe_network_interfaces  # type: ignore[method-assign]
    VPCs.get_managed_prefix_list_entries = get_managed_prefix_list_entries  # type: ignore[method-assign]
