"""Load balancers, distributions and API domains of the sandbox company.

moto gives them ids of its own making, so its answers are replaced by those of the plans below.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import EUROPE, HOME, Cloud, Dated, at, moment, stable_hex
from soc2_warehouse.sandbox.aws.keys import ALWAYS
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID

MODERN, OLD = "ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-2016-08"
TO_HTTPS = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
FORWARD = {"Type": "forward"}
PARTNERS_FIXED = moment("2026-07-03T10:00")
HOOKS_FIXED = moment("2026-07-05T09:00")

#: (name, region, type, scheme and zones, drops invalid headers, listeners: protocol, port, policy, actions of rules)
BALANCERS: tuple[
    tuple[str, str, str, str, bool, tuple[tuple[str, int, Dated[str | None], tuple[Any, ...]], ...]], ...
] = (
    (
        "edge",
        HOME,
        "application",
        "internet-facing ab",
        True,
        (("HTTP", 80, ((ALWAYS, None),), (TO_HTTPS,)), ("HTTPS", 443, ((ALWAYS, MODERN),), (FORWARD,))),
    ),
    # A rule serves the old path over HTTP, although the default action redirects; the policy was of 2016.
    (
        "partners",
        EUROPE,
        "application",
        "internet-facing ab",
        False,
        (
            ("HTTP", 80, ((ALWAYS, None),), (FORWARD, TO_HTTPS)),
            ("HTTPS", 443, ((ALWAYS, OLD), (PARTNERS_FIXED, MODERN)), (FORWARD,)),
        ),
    ),
    # Whether what stands behind a TCP listener speaks TLS, its configuration does not say.
    (
        "devices",
        HOME,
        "network",
        "internet-facing ab",
        False,
        (("TLS", 443, ((ALWAYS, MODERN),), (FORWARD,)), ("TCP", 8883, ((ALWAYS, None),), (FORWARD,))),
    ),
    ("services", HOME, "application", "internal abc", True, (("HTTPS", 443, ((ALWAYS, MODERN),), (FORWARD,)),)),
    ("edge-eu", EUROPE, "application", "internet-facing ab", True, (("HTTPS", 443, ((ALWAYS, MODERN),), (FORWARD,)),)),
    # In one zone only: SINGLE_ZONE_LB (AV-02).
    ("partner-api", HOME, "network", "internet-facing a", False, (("TLS", 443, ((ALWAYS, MODERN),), (FORWARD,)),)),
)


def balancer_arn(name: str, region: str, kind: str) -> str:
    short = "app" if kind == "application" else "net"
    return (
        f"arn:aws:elasticloadbalancing:{region}:{ACCOUNT_ID}:loadbalancer/{short}/{name}/"
        f"{stable_hex(16, 'balancer', region, name)}"
    )


def listener_arn(name: str, region: str, kind: str, port: int) -> str:
    return (
        f"{balancer_arn(name, region, kind).replace(':loadbalancer/', ':listener/')}/{stable_hex(16, name, str(port))}"
    )


def _distribution(
    name: str,
    aliases: tuple[str, ...],
    viewer: str,
    origins: list[dict[str, Any]],
    *,
    other_behaviours: tuple[str, ...] = (),
    enabled: bool = True,
) -> dict[str, Any]:
    distribution_id = "E" + stable_hex(13, "distribution", name).upper()
    behaviours = [
        {"PathPattern": f"/{n}/*", "ViewerProtocolPolicy": policy} for n, policy in enumerate(other_behaviours)
    ]
    certificate: dict[str, Any] = {
        "CloudFrontDefaultCertificate": not aliases,
        "MinimumProtocolVersion": "TLSv1.2_2021",
    }
    return {
        "Id": distribution_id,
        "ARN": f"arn:aws:cloudfront::{ACCOUNT_ID}:distribution/{distribution_id}",
        "Status": "Deployed",
        "DomainName": f"d{stable_hex(13, 'domain', name)}.cloudfront.net",
        "Comment": name,
        "Aliases": {"Quantity": len(aliases), "Items": list(aliases)},
        "Origins": {"Quantity": len(origins), "Items": origins},
        "DefaultCacheBehavior": {"TargetOriginId": origins[0]["Id"], "ViewerProtocolPolicy": viewer},
        "CacheBehaviors": {"Quantity": len(behaviours), "Items": behaviours},
        "ViewerCertificate": certificate,
        "Enabled": enabled,
    }


def _origin(name: str, policy: str, *protocols: str) -> dict[str, Any]:
    return {
        "Id": name,
        "DomainName": f"{name}.acme.example",
        "CustomOriginConfig": {
            "HTTPPort": 80,
            "HTTPSPort": 443,
            "OriginProtocolPolicy": policy,
            "OriginSslProtocols": {"Quantity": len(protocols), "Items": list(protocols)},
        },
    }


def _bucket_origin(bucket: str) -> dict[str, Any]:
    return {
        "Id": bucket,
        "DomainName": f"{bucket}.s3.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
        "OriginAccessControlId": "E" + stable_hex(13, "control", bucket).upper(),
    }


DISTRIBUTIONS: tuple[dict[str, Any], ...] = (
    _distribution("app", ("app.acme.example",), "redirect-to-https", [_origin("edge", "https-only", "TLSv1.2")]),
    # One behaviour of many lets viewers use plain HTTP, and the old search is asked in plaintext.
    _distribution(
        "docs",
        ("docs.acme.example", "help.acme.example"),
        "redirect-to-https",
        [_bucket_origin("acme-docs-site"), _origin("search", "http-only", "TLSv1.2")],
        other_behaviours=("https-only", "allow-all"),
    ),
    # The default certificate allows TLS 1.0, whatever the minimum says.
    _distribution("press", (), "https-only", [_bucket_origin("acme-press-2020")]),
    _distribution("old-app", (), "allow-all", [_origin("old-edge", "match-viewer", "SSLv3", "TLSv1")], enabled=False),
)

#: (name, region, dated security policy)
API_DOMAINS: tuple[tuple[str, str, Dated[str]], ...] = (
    ("api.acme.example", HOME, ((ALWAYS, "TLS_1_2"),)),
    ("hooks.acme.example", EUROPE, ((ALWAYS, "TLS_1_0"), (HOOKS_FIXED, "TLS_1_2"))),
)

SEARCH = {
    "DomainName": "search",
    "ARN": f"arn:aws:es:{HOME}:{ACCOUNT_ID}:domain/search",
    "DomainEndpointOptions": {"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"},
    "NodeToNodeEncryptionOptions": {"Enabled": True},
    "EncryptionAtRestOptions": {"Enabled": True},
}
#: Clients may still connect without TLS, for the time of a move that was never finished.
EVENTS = {
    "clusterName": "events",
    "clusterArn": f"arn:aws:kafka:{HOME}:{ACCOUNT_ID}:cluster/events/{stable_hex(32, 'events')}",
    "provisioned": {"encryptionInfo": {"encryptionInTransit": {"clientBroker": "TLS_PLAINTEXT", "inCluster": True}}},
}

#: Registered names and what terminates their traffic; None: the name in the cloud says it. help.acme.example, a second
#: name of the documentation, was forgotten.
HOSTS: dict[str, str | None] = {
    "app.acme.example": None,
    "docs.acme.example": None,
    "api.acme.example": None,
    "hooks.acme.example": None,
    "partners.acme.example": balancer_arn("partners", EUROPE, "application"),
    "careers.acme.example": "external",
    # Of early days: a machine of its own, which nothing in the cloud describes.
    "wiki.acme.example": None,
}

_now = ALWAYS


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Everything is answered from the plans, as of ``now``."""
    global _now
    _now = now


def _balancers(region: str) -> list[dict[str, Any]]:
    return [
        {
            "LoadBalancerArn": balancer_arn(name, where, kind),
            "LoadBalancerName": name,
            "DNSName": f"{name}-{stable_hex(8, name)}.{where}.elb.amazonaws.com",
            "Type": kind,
            "Scheme": scheme.split()[0],
            "State": {"Code": "active"},
            "AvailabilityZones": [{"ZoneName": where + zone} for zone in scheme.split()[1]],
        }
        for name, where, kind, scheme, _, _ in BALANCERS
        if where == region
    ]


def fill() -> None:
    """Let moto answer from the plans."""
    from moto.apigatewayv2.responses import ApiGatewayV2Response
    from moto.cloudfront.responses import CloudFrontResponse
    from moto.core.responses import ActionResult
    from moto.elbv2.responses import ELBV2Response
    from moto.kafka.responses import KafkaResponse
    from moto.opensearch.responses import OpenSearchServiceResponse

    def of(arn: str) -> Any:
        return next(plan for plan in BALANCERS if balancer_arn(*plan[:3]) == arn)

    def describe_load_balancers(self: Any) -> Any:
        return ActionResult({"LoadBalancers": _balancers(self.region)})

    def describe_load_balancer_attributes(self: Any) -> Any:
        drops = str(of(self._get_param("LoadBalancerArn"))[4]).lower()
        key = "routing.http.drop_invalid_header_fields.enabled"
        return ActionResult({"Attributes": {key: drops}})

    def describe_listeners(self: Any) -> Any:
        arn = self._get_param("LoadBalancerArn")
        name, region, kind, _, _, listeners = of(arn)
        return ActionResult(
            {
                "Listeners": [
                    {
                        "ListenerArn": listener_arn(name, region, kind, port),
                        "LoadBalancerArn": arn,
                        "Port": port,
                        "Protocol": protocol,
                        "Certificates": [],
                        "DefaultActions": [actions[-1]],
                    }
                    | ({"SslPolicy": at(policy, _now)} if at(policy, _now) else {})
                    for protocol, port, policy, actions in listeners
                ]
            }
        )

    def describe_rules(self: Any) -> Any:
        arn = self._get_param("ListenerArn")
        for name, region, kind, _, _, listeners in BALANCERS:
            for _, port, _, actions in listeners:
                if listener_arn(name, region, kind, port) == arn:
                    rules = [
                        {"RuleArn": f"{arn}/{n}", "Priority": str(n + 1), "Actions": [action]}
                        for n, action in enumerate(actions)
                    ]
                    return ActionResult({"Rules": rules})
        return ActionResult({"Rules": []})

    def list_distributions(self: Any) -> Any:
        items = list(DISTRIBUTIONS)
        found = {"Marker": "", "MaxItems": 100, "IsTruncated": False, "Quantity": len(items), "Items": items}
        return ActionResult({"DistributionList": found})

    def get_domain_names(self: Any) -> Any:
        items = [
            {"domainName": name, "domainNameConfigurations": [{"securityPolicy": at(policy, _now)}]}
            for name, region, policy in API_DOMAINS
            if region == self.region
        ]
        return 200, {}, json.dumps({"items": items})

    def list_domain_names(self: Any) -> Any:
        return json.dumps({"DomainNames": [{"DomainName": "search"}] if self.region == HOME else []})

    def describe_domains(self: Any) -> Any:
        return json.dumps({"DomainStatusList": [SEARCH]})

    def list_clusters_v2(self: Any) -> Any:
        return json.dumps({"clusterInfoList": [EVENTS] if self.region == HOME else []})

    OpenSearchServiceResponse.list_domain_names = list_domain_names  # type: ignore[method-assign]
    OpenSearchServiceResponse.describe_domains = describe_domains  # type: ignore[method-assign]
    KafkaResponse.list_clusters_v2 = list_clusters_v2  # type: ignore[method-assign]
    ELBV2Response.describe_load_balancers = describe_load_balancers  # type: ignore[method-assign]
    ELBV2Response.describe_load_balancer_attributes = describe_load_balancer_attributes  # type: ignore[method-assign]
    ELBV2Response.describe_listeners = describe_listeners  # type: ignore[method-assign]
    ELBV2Response.describe_rules = describe_rules  # type: ignore[method-assign]
    CloudFrontResponse.list_distributions = list_distributions  # type: ignore[method-assign]
    ApiGatewayV2Response.get_domain_names = get_domain_names  # type: ignore[method-assign]
