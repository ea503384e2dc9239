"""What of the account is recorded and watched: flow logs, logs of firewalls, APIs, state machines, zones and
distributions, policies of log groups, recorders of the configuration, Security Hub, and what machines say of their
clocks.

Least permissions: ec2:DescribeRegions, ec2:DescribeVpcs, ec2:DescribeFlowLogs, wafv2:ListWebACLs,
wafv2:ListLoggingConfigurations, apigateway:GET, states:ListStateMachines, states:DescribeStateMachine,
config:DescribeConfigurationRecorders, config:DescribeConfigurationRecorderStatus, securityhub:DescribeHub,
ssm:GetInventory, logs:DescribeResourcePolicies, logs:DescribeDeliverySources, route53:ListHostedZones,
route53:ListQueryLoggingConfigs, cloudfront:ListDistributions, cloudfront:GetDistributionConfig (SecurityAudit holds
them all).

Cannot see: regions that the account has not opted into, other accounts, and whether what is switched on writes
anything. Eleven calls a region and five for the account, and one more for each API, state machine and distribution. One
row a region and service, also for an empty one: an empty list is an answer, a missing row is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from soc2_warehouse.aws import Aws, ask, each_service, pages, record
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Envelope, Read, table

SOURCE = "aws_monitoring"
CONNECTION = "aws_default"
CONCURRENCY = 8
#: Where the services of the whole account are asked.
GLOBAL = "us-east-1"
#: Custom inventory with the fields service, source, offset_ms and last_sync_at.
CLOCKS = "Custom:TimeSync"


def client(connection: Connection) -> Aws:
    return Aws(connection, CONCURRENCY)


def calls(client: Aws) -> tuple[int, int, int]:
    return client.counts()


def _networks(ec2: Any, read: Read) -> list[dict[str, Any]]:
    """VPCs, each with its flow logs; a log of a subnet or an interface alone is none of the VPC."""
    logs: dict[str, list[dict[str, Any]]] = {}
    for log in pages(ec2, "describe_flow_logs", "FlowLogs", read):
        logs.setdefault(str(log.get("ResourceId")), []).append(log)
    return [
        {"Id": vpc["VpcId"], "IsDefault": vpc.get("IsDefault"), "FlowLogs": logs.get(vpc["VpcId"], [])}
        for vpc in pages(ec2, "describe_vpcs", "Vpcs", read)
    ]


def _firewalls(waf: Any, read: Read) -> list[dict[str, Any]]:
    """Web ACLs, each with its logging configuration; those of distributions are known in one region alone."""
    found: list[dict[str, Any]] = []
    for scope in ("REGIONAL", "CLOUDFRONT") if waf.meta.region_name == GLOBAL else ("REGIONAL",):
        lists = _marked(waf.list_web_acls, "WebACLs", read, Scope=scope)
        logged = _marked(waf.list_logging_configurations, "LoggingConfigurations", read, Scope=scope)
        logs = {item["ResourceArn"]: item for item in logged}
        found += [{"Id": item["ARN"], "Name": item["Name"], "Logging": logs.get(item["ARN"])} for item in lists]
    return found


def _marked(call: Callable[..., Any], key: str, read: Read, **arguments: Any) -> list[dict[str, Any]]:
    """All items of an operation that pages by NextMarker and has no paginator."""
    found: list[dict[str, Any]] = []
    marker: str | None = None
    while True:
        page = call(**arguments, **({"NextMarker": marker} if marker else {}))
        read.page(len(page.get(key) or []))
        found += page.get(key) or []
        marker = page.get("NextMarker")
        if not marker or not page.get(key):
            return found


def _stages(gateway: Any, read: Read) -> list[dict[str, Any]]:
    found = []
    for api in pages(gateway, "get_apis", "Items", read):
        for stage in pages(gateway, "get_stages", "Items", read, ApiId=api["ApiId"]):
            found.append({"Id": f"{api['ApiId']}/{stage['StageName']}", "ApiName": api.get("Name"), **stage})
    return found


def _machines(states: Any, read: Read) -> list[dict[str, Any]]:
    """Whether and what each state machine logs; its definition may hold anything and is not landed."""
    listed = pages(states, "list_state_machines", "stateMachines", read)
    wanted = ("name", "status", "loggingConfiguration")
    found = [states.describe_state_machine(stateMachineArn=item["stateMachineArn"]) for item in listed]
    return [{"Id": item["stateMachineArn"], **{key: item.get(key) for key in wanted}} for item in found]


def _recorders(config: Any, read: Read) -> list[dict[str, Any]]:
    """One item a region, also when nothing is recorded in it: the region is what a scanner asks about."""
    recorders = config.describe_configuration_recorders()["ConfigurationRecorders"]
    states = config.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    read.page(len(recorders))
    return [{"Id": f"configuration of {config.meta.region_name}", "Recorders": recorders, "Status": states}]


def _hub(securityhub: Any, read: Read) -> list[dict[str, Any]]:
    """One item a region, with Hub null where nobody subscribed, which AWS tells as an error."""
    from botocore.exceptions import ClientError

    read.page(1)
    hub: dict[str, Any] | None = None
    try:
        hub = record(securityhub.describe_hub())
    except ClientError as error:
        told = error.response.get("Error", {})
        if "not subscribed" not in str(told.get("Message")) and told.get("Code") != "ResourceNotFoundException":
            raise
    return [{"Id": f"Security Hub of {securityhub.meta.region_name}", "Hub": hub}]


def _policies(logs: Any, read: Read) -> list[dict[str, Any]]:
    """Policies that let others write to log groups, or read them; they are of the region, not of a group."""
    listed = pages(logs, "describe_resource_policies", "resourcePolicies", read)
    return [{"Id": f"{logs.meta.region_name}/{item['policyName']}", **item} for item in listed]


def _clocks(ssm: Any, read: Read) -> list[dict[str, Any]]:
    """What the machines report of their time service. AWS has no such type: something on each puts it (chronyc)."""
    return pages(ssm, "get_inventory", "Entities", read, ResultAttributes=[{"TypeName": CLOCKS}])


SERVICES: dict[str, Callable[[Any, Read], list[dict[str, Any]]]] = {
    "apigatewayv2": _stages,
    "config": _recorders,
    "ec2": _networks,
    "logs": _policies,
    "securityhub": _hub,
    "ssm": _clocks,
    "stepfunctions": _machines,
    "wafv2": _firewalls,
}


@table(kind="snapshot", key=("Region", "Service"), query="What records and watches in each region, service by service")
def resources(client: Aws, read: Read) -> Iterator[Any]:
    yield from each_service(client, read, SERVICES)


@table(kind="snapshot", key=("Account",), query="Route 53 ListHostedZones, ListQueryLoggingConfigs")
def zones(client: Aws, read: Read) -> Iterator[Any]:
    """Hosted zones, each with where its queries are logged."""
    client.introduce(read)

    def call() -> list[dict[str, Any]]:
        route53 = client.client("route53")
        configured = pages(route53, "list_query_logging_configs", "QueryLoggingConfigs", read)
        logs = {item["HostedZoneId"]: item.get("CloudWatchLogsLogGroupArn") for item in configured}
        return [
            {**zone, "QueryLog": logs.get(zone["Id"].rpartition("/")[2])}
            for zone in pages(route53, "list_hosted_zones", "HostedZones", read)
        ]

    yield ask(read, call, Account=client.caller.get("Account"))


@table(
    kind="snapshot",
    key=("DistributionId",),
    query="CloudFront ListDistributions, GetDistributionConfig for each enabled one; CloudWatch Logs "
    "DescribeDeliverySources in us-east-1",
)
def distribution_logs(client: Aws, read: Read) -> Iterator[Any]:
    """Where each enabled distribution writes its access logs: into a bucket, or by a delivery, which is newer."""
    client.introduce(read)
    cloudfront = client.client("cloudfront")
    listed = [
        item
        for page in cloudfront.get_paginator("list_distributions").paginate()
        for item in page.get("DistributionList", {}).get("Items") or []
        if item.get("Enabled")
    ]
    read.page(len(listed))
    logs = client.client("logs", GLOBAL)
    sources = ask(read, lambda: pages(logs, "describe_delivery_sources", "deliverySources", read))
    delivered = {arn for source in sources.record or [] for arn in source.get("resourceArns") or []}

    def one(item: dict[str, Any]) -> Envelope:
        def call() -> dict[str, Any]:
            read.page(1)
            bucket = cloudfront.get_distribution_config(Id=item["Id"])["DistributionConfig"].get("Logging")
            return {"Logging": bucket, "Delivered": None if sources.error else item["ARN"] in delivered}

        return ask(read, call, DistributionId=item["Id"], ARN=item["ARN"], Comment=item.get("Comment"))

    yield from read.each(listed, one)
