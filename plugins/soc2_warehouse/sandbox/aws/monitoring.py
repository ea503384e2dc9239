"""What the sandbox's AWS account records and watches, and what it does not.

moto gives most of it ids of its own making, or always the same answer, so its answers are those of the plans below.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import EUROPE, HOME, Cloud, Dated, at, moment, stable_hex
from soc2_warehouse.sandbox.aws.edge import BALANCERS, DISTRIBUTIONS
from soc2_warehouse.sandbox.aws.keys import ALWAYS
from soc2_warehouse.sandbox.aws.volumes import VOLUMES
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID
from soc2_warehouse.sources.aws_monitoring import CLOCKS

#: After the buckets and the warehouses.
RANK = 3

FORGOTTEN = "sa-east-1"
#: VPCs: region, name, dated state of its flow log (traffic and delivery), None without one.
NETWORKS: tuple[tuple[str, str, Dated[tuple[str, str] | None]], ...] = (
    (HOME, "acme", ((ALWAYS, ("ALL", "SUCCESS")),)),
    # Its role was deleted: a flow log that delivers nothing (NO_LOG) until somebody looked.
    (HOME, "legacy", ((ALWAYS, ("ALL", "FAILED")), (moment("2026-07-04T09:00"), ("ALL", "SUCCESS")))),
    # Refused traffic alone, which is what scanners ask for.
    (EUROPE, "acme", ((ALWAYS, ("REJECT", "SUCCESS")),)),
    (FORGOTTEN, "default", ((ALWAYS, None),)),
)
#: Web ACLs: region, scope, name, since when it is logged.
FIREWALLS = (
    (HOME, "REGIONAL", "edge", ALWAYS),
    (HOME, "CLOUDFRONT", "app", ALWAYS),
    (EUROPE, "REGIONAL", "partners", moment("2026-07-03T15:00")),
)
#: HTTP APIs: region, name, whether its stage writes access logs.
APIS = ((EUROPE, "hooks", True), (EUROPE, "beta", False))
UNLOGGED_BALANCERS = ("partner-api",)
#: Distributions whose logs go another way than into a bucket, and those that write none.
DELIVERED, UNLOGGED = ("press",), ("docs",)
#: Zones: name, private, whether queries are logged.
ZONES = (("acme.example.", False, True), ("acme.dev.", False, False), ("acme.internal.", True, False))
RECORDER_STOPPED = ("ap-southeast-2", moment("2026-07-02T10:00"))
RECORDER_HIDDEN = ("eu-central-1", moment("2026-07-02"), moment("2026-07-03"))
POLICIES: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    HOME: (("route53", {"Principal": {"Service": "route53.amazonaws.com"}}),),
    # Everybody, if he comes from the account: nobody else.
    EUROPE: (
        ("own", {"Principal": "*", "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}}}),
        ("vendor-2023", {"Principal": {"AWS": "*"}}),
    ),
}
#: Warehouses that write their audit logs.
AUDITED = ("insights",)
#: Where accesses are written of each bucket but these.
ACCESS_LOGS = "acme-access-logs"
NOT_LOGGED = (ACCESS_LOGS, "acme-scratch", "acme-fsx-share")

#: Clocks: what differs from a third of a millisecond, set an hour before the report; and who says nothing.
OFFSETS: dict[str, Dated[float]] = {
    "worker-2": ((ALWAYS, -1000.0),),
    "worker-3": ((ALWAYS, 4200.0), (moment("2026-07-03T11:00"), 0.2)),
}
STALE = {"worker-4": 24 * 9, "worker-5": 25}
UNREPORTED = ("bastion",)

_now = moment("2026-07-01")


def denied(now: datetime) -> list[str]:
    """Recorders of one region may not be seen for a night."""
    region, since, until = RECORDER_HIDDEN
    return [rf"DescribeConfigurationRecorders {region}"] if since <= now < until else []


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Answered from the plans, as of ``now``, apart from what buckets and warehouses carry themselves."""
    global _now
    _now = now
    for name, bucket in cloud.backend("s3").buckets.items():
        bucket.logging = {} if name in NOT_LOGGED else {"TargetBucket": ACCESS_LOGS, "TargetPrefix": f"{name}/"}
    for name, cluster in cloud.backend("redshift").clusters.items():
        cluster.logging_details = {"LoggingEnabled": str(name in AUDITED).lower(), "BucketName": ACCESS_LOGS}


def vpc_id(region: str, name: str) -> str:
    return "vpc-0" + stable_hex(16, "vpc", region, *(() if name == "acme" else (name,)))


def _firewall_arn(region: str, scope: str, name: str) -> str:
    kind = "global" if scope == "CLOUDFRONT" else "regional"
    return f"arn:aws:wafv2:{region}:{ACCOUNT_ID}:{kind}/webacl/{name}/{stable_hex(32, 'webacl', region, name)}"


def _networks() -> None:
    from moto.core.responses import ActionResult
    from moto.ec2.responses.flow_logs import FlowLogs
    from moto.ec2.responses.vpcs import VPCs

    def describe_vpcs(self: Any) -> Any:
        shown = [
            {"VpcId": vpc_id(region, name), "IsDefault": name == "default", "State": "available"}
            for region, name, _ in NETWORKS
            if region == self.region
        ]
        return ActionResult({"Vpcs": shown})

    def describe_flow_logs(self: Any) -> Any:
        logs = []
        for region, name, log in NETWORKS:
            found = at(log, _now)
            if region == self.region and found is not None:
                flow_log = {"FlowLogId": "fl-0" + stable_hex(16, "flow log", region, name), "FlowLogStatus": "ACTIVE"}
                flow_log |= {"TrafficType": found[0], "DeliverLogsStatus": found[1]}
                logs.append(flow_log | {"ResourceId": vpc_id(region, name)})
        return ActionResult({"FlowLogs": logs})

    VPCs.describe_vpcs = describe_vpcs  # type: ignore[method-assign]
    FlowLogs.describe_flow_logs = describe_flow_logs  # type: ignore[method-assign]


def _edge() -> None:
    from moto.apigatewayv2.responses import ApiGatewayV2Response
    from moto.cloudfront.responses import CloudFrontResponse
    from moto.core.responses import ActionResult
    from moto.elbv2.responses import ELBV2Response
    from moto.logs.responses import LogsResponse
    from moto.route53.responses import Route53
    from moto.wafv2.responses import WAFV2Response

    def firewalls(self: Any) -> list[tuple[str, str, datetime]]:
        scope = json.loads(self.body)["Scope"]
        return [
            (_firewall_arn(region, kind, name), name, since)
            for region, kind, name, since in FIREWALLS
            if region == self.region and kind == scope
        ]

    def list_web_ac_ls(self: Any) -> Any:
        shown = [{"ARN": arn, "Name": name, "Id": stable_hex(32, arn)} for arn, name, _ in firewalls(self)]
        return 200, {}, json.dumps({"WebACLs": shown})

    def list_logging_configurations(self: Any) -> str:
        to = f"arn:aws:logs:{self.region}:{ACCOUNT_ID}:log-group:aws-waf-logs"
        logged = [arn for arn, _, since in firewalls(self) if since <= _now]
        return json.dumps(
            {"LoggingConfigurations": [{"ResourceArn": a, "LogDestinationConfigs": [to]} for a in logged]}
        )

    def get_apis(self: Any) -> Any:
        items = [{"apiId": name, "name": name} for region, name, _ in APIS if region == self.region]
        return 200, {}, json.dumps({"items": items})

    def get_stages(self: Any) -> Any:
        logged = next(logged for _, name, logged in APIS if f"/apis/{name}/" in self.path)
        settings = {"accessLogSettings": {"destinationArn": f"arn:aws:logs:{self.region}:{ACCOUNT_ID}:log-group:api"}}
        return 200, {}, json.dumps({"items": [{"stageName": "$default", **(settings if logged else {})}]})

    def get_distribution_config(self: Any) -> Any:
        found = next(item for item in DISTRIBUTIONS if item["Id"] == self._get_param("Id"))
        logged = found["Comment"] not in (*DELIVERED, *UNLOGGED)
        logging = {"Enabled": logged, "IncludeCookies": False, "Bucket": ACCESS_LOGS if logged else "", "Prefix": ""}
        return ActionResult({"DistributionConfig": {"Comment": found["Comment"], "Logging": logging}, "ETag": "E1"})

    def describe_delivery_sources(self: Any) -> str:
        arns = [item["ARN"] for item in DISTRIBUTIONS if item["Comment"] in DELIVERED]
        return json.dumps({"deliverySources": [{"name": "press", "resourceArns": arns, "service": "cloudfront"}]})

    plain = ELBV2Response.describe_load_balancer_attributes

    def describe_load_balancer_attributes(self: Any) -> Any:
        answer: Any = plain(self)
        arn = self._get_param("LoadBalancerArn")
        unlogged = any(f"/{name}/" in arn for name, *_ in BALANCERS if name in UNLOGGED_BALANCERS)
        answer._result["Attributes"]["access_logs.s3.enabled"] = str(not unlogged).lower()
        return answer

    def list_hosted_zones(self: Any) -> Any:
        zones = [
            {
                "Id": "/hostedzone/Z" + stable_hex(12, "zone", name).upper(),
                "Name": name,
                "CallerReference": name,
                "Config": {"PrivateZone": private},
            }
            for name, private, _ in ZONES
        ]
        return ActionResult({"HostedZones": zones, "IsTruncated": False, "MaxItems": 100})

    def list_query_logging_configs(self: Any) -> Any:
        to = f"arn:aws:logs:{HOME}:{ACCOUNT_ID}:log-group:/aws/route53/"
        configured = [
            {
                "Id": stable_hex(32, "query log", name),
                "HostedZoneId": "Z" + stable_hex(12, "zone", name).upper(),
                "CloudWatchLogsLogGroupArn": to + name,
            }
            for name, _, logged in ZONES
            if logged
        ]
        return ActionResult({"QueryLoggingConfigs": configured})

    WAFV2Response.list_web_ac_ls = list_web_ac_ls  # type: ignore[method-assign]
    WAFV2Response.list_logging_configurations = list_logging_configurations  # type: ignore[method-assign]
    ApiGatewayV2Response.get_apis = get_apis  # type: ignore[method-assign]
    ApiGatewayV2Response.get_stages = get_stages  # type: ignore[method-assign]
    CloudFrontResponse.get_distribution_config = get_distribution_config  # type: ignore[method-assign]
    LogsResponse.describe_delivery_sources = describe_delivery_sources  # type: ignore[method-assign]
    if not getattr(plain, "acme_filled", False):
        describe_load_balancer_attributes.acme_filled = True  # type: ignore[attr-defined]
        ELBV2Response.describe_load_balancer_attributes = (  # type: ignore[method-assign]
            describe_load_balancer_attributes
        )
    Route53.list_hosted_zones = list_hosted_zones  # type: ignore[method-assign]
    Route53.list_query_logging_configs = list_query_logging_configs  # type: ignore[method-assign]


def _watchers() -> None:
    from moto.config.responses import ConfigResponse
    from moto.logs.responses import LogsResponse
    from moto.securityhub.models import RESTError, SecurityHubBackend
    from moto.ssm.responses import SimpleSystemManagerResponse

    def describe_configuration_recorders(self: Any) -> str:
        group = {"allSupported": True, "includeGlobalResourceTypes": self.region == HOME}
        return json.dumps({"ConfigurationRecorders": [{"name": "default", "recordingGroup": group}]})

    def describe_configuration_recorder_status(self: Any) -> str:
        region, stopped = RECORDER_STOPPED
        recording = self.region != region or _now < stopped
        # The first delivery of a young recorder is still to come in one region: it records all the same.
        status = "PENDING" if self.region == "us-west-1" else "SUCCESS"
        return json.dumps(
            {"ConfigurationRecordersStatus": [{"name": "default", "recording": recording, "lastStatus": status}]}
        )

    def describe_resource_policies(self: Any) -> str:
        shown = []
        for name, statement in POLICIES.get(self.region, ()):
            allowed = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}
            document = {"Version": "2012-10-17", "Statement": [allowed | statement]}
            shown.append({"policyName": name, "policyDocument": json.dumps(document)})
        return json.dumps({"resourcePolicies": shown})

    def describe_hub(self: Any, hub_arn: str | None = None) -> dict[str, Any]:
        if self.region_name == FORGOTTEN:
            raise RESTError("InvalidAccessException", "Account is not subscribed to AWS Security Hub")
        hub = f"arn:aws:securityhub:{self.region_name}:{ACCOUNT_ID}:hub/default"
        return {"HubArn": hub, "SubscribedAt": "2025-01-10T09:00:00.000Z", "AutoEnableControls": True}

    def get_inventory(self: Any) -> str:
        reported = f"{_now - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
        entities = []
        for plan in VOLUMES:
            name = plan.name.removesuffix(".root")
            if not plan.root or plan.region != self.region or not plan.exists(_now) or name in UNREPORTED:
                continue
            content = {
                "service": "chronyd",
                "source": "169.254.169.123",
                "offset_ms": str(at(OFFSETS.get(name, ((ALWAYS, 0.3),)), _now)),
                "last_sync_at": f"{_now - timedelta(hours=STALE.get(name, 2)):%Y-%m-%dT%H:%M:%SZ}",
            }
            found = {"TypeName": CLOCKS, "SchemaVersion": "1.0", "CaptureTime": reported, "Content": [content]}
            entities.append({"Id": plan.instance_id, "Data": {CLOCKS: found}})
        return json.dumps({"Entities": entities})

    SimpleSystemManagerResponse.get_inventory = get_inventory  # type: ignore[attr-defined]
    ConfigResponse.describe_configuration_recorders = (  # type: ignore[method-assign]
        describe_configuration_recorders
    )
    ConfigResponse.describe_configuration_recorder_status = (  # type: ignore[method-assign]
        describe_configuration_recorder_status
    )
    LogsResponse.describe_resource_policies = describe_resource_policies  # type: ignore[method-assign]
    SecurityHubBackend.describe_hub = describe_hub  # type: ignore[method-assign]


def fill() -> None:
    """Let moto answer from the plans."""
    _networks()
    _edge()
    _watchers()
