"""What terminates or forwards clients' traffic in AWS: load balancers, distributions, API domains, managed services.

Least permissions: ec2:DescribeRegions, elasticloadbalancing:DescribeLoadBalancers,
elasticloadbalancing:DescribeListeners, elasticloadbalancing:DescribeRules,
elasticloadbalancing:DescribeLoadBalancerAttributes, elasticloadbalancing:DescribeLoadBalancerPolicies,
elasticloadbalancing:DescribeSSLPolicies, cloudfront:ListDistributions, apigateway:GET, es:ListDomainNames,
es:DescribeDomains, kafka:ListClustersV2, dax:DescribeClusters, dms:DescribeEndpoints, transfer:ListServers,
transfer:DescribeServer (SecurityAudit holds them all).

Cannot see: regions that the account has not opted into, other accounts, edge-optimized domains of REST APIs made before
version 2 of that API (CloudFront serves them), and what listens on an instance with a public address of its own. One
row a region, also for an empty one: an empty list is an answer, a missing row is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from soc2_warehouse.aws import Aws, ask, each_region, pages
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Envelope, Read, table

SOURCE = "aws_edge"
CONNECTION = "aws_default"
CONCURRENCY = 8


def client(connection: Connection) -> Aws:
    return Aws(connection, CONCURRENCY)


def calls(client: Aws) -> tuple[int, int, int]:
    return client.counts()


@table(
    kind="snapshot",
    key=("Region",),
    query="ELBv2 DescribeLoadBalancers in each region, DescribeLoadBalancerAttributes for each application or network "
    "balancer",
)
def load_balancers(client: Aws, read: Read) -> Iterator[Any]:
    def call(elb: Any) -> Any:
        found = pages(elb, "describe_load_balancers", "LoadBalancers", read)
        for balancer in found:
            if balancer.get("Type") in ("application", "network"):
                arn = balancer["LoadBalancerArn"]
                balancer["Attributes"] = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
        return found

    yield from each_region(client, read, "elbv2", call)


@table(
    kind="snapshot",
    key=("LoadBalancerArn",),
    query="ELBv2 DescribeListeners for each load balancer, DescribeRules for each listener of plain HTTP",
)
def listeners(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    arns = [
        (str((region.parent or {})["Region"]), balancer["LoadBalancerArn"])
        for region in read.landed("load_balancers")
        for balancer in region.record or []
    ]

    def one(place: tuple[str, str]) -> Envelope:
        region, arn = place

        def call() -> Any:
            elb = client.client("elbv2", region)
            found = pages(elb, "describe_listeners", "Listeners", read, LoadBalancerArn=arn)
            for listener in found:
                if listener.get("Protocol") == "HTTP":
                    listener["Rules"] = pages(elb, "describe_rules", "Rules", read, ListenerArn=listener["ListenerArn"])
            return found

        return ask(read, call, Region=region, LoadBalancerArn=arn)

    yield from read.each(arns, one)


@table(kind="snapshot", key=("Name",), query="ELBv2 DescribeSSLPolicies in the region of the connection")
def ssl_policies(client: Aws, read: Read) -> Iterator[Any]:
    """AWS's own policies; they are the same everywhere."""
    client.introduce(read)
    marker: str | None = None
    while True:
        page = client.client("elbv2").describe_ssl_policies(**({"Marker": marker} if marker else {}))
        read.page(len(page["SslPolicies"]))
        yield from page["SslPolicies"]
        marker = page.get("NextMarker")
        if not marker:
            return


@table(
    kind="snapshot",
    key=("Region",),
    query="ELB DescribeLoadBalancers in each region, DescribeLoadBalancerAttributes for each, "
    "DescribeLoadBalancerPolicies for each one that speaks TLS",
)
def classic_load_balancers(client: Aws, read: Read) -> Iterator[Any]:
    def call(elb: Any) -> Any:
        found = pages(elb, "describe_load_balancers", "LoadBalancerDescriptions", read)
        for balancer in found:
            names = sorted(
                {name for held in balancer["ListenerDescriptions"] for name in held.get("PolicyNames") or []}
            )
            name = balancer["LoadBalancerName"]
            answer = elb.describe_load_balancer_policies(LoadBalancerName=name, PolicyNames=names) if names else {}
            balancer["PolicyDescriptions"] = answer.get("PolicyDescriptions") or []
            attributes = elb.describe_load_balancer_attributes(LoadBalancerName=name)
            balancer["Attributes"] = attributes["LoadBalancerAttributes"]
        return found

    yield from each_region(client, read, "elb", call)


@table(kind="snapshot", key=("ARN",), query="CloudFront ListDistributions")
def distributions(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    for page in client.client("cloudfront").get_paginator("list_distributions").paginate():
        found = page.get("DistributionList", {}).get("Items") or []
        read.page(len(found))
        for item in found:
            yield read.answer(item, Account=client.caller.get("Account"))


@table(kind="snapshot", key=("Region",), query="API Gateway (v2) GetDomainNames in each region")
def api_domains(client: Aws, read: Read) -> Iterator[Any]:
    yield from each_region(client, read, "apigatewayv2", lambda api: pages(api, "get_domain_names", "Items", read))


def _search_domains(api: Any, read: Read) -> list[Any]:
    names = [item["DomainName"] for item in api.list_domain_names()["DomainNames"]]
    read.page(len(names))
    chunks = [names[start : start + 5] for start in range(0, len(names), 5)]
    return [domain for chunk in chunks for domain in api.describe_domains(DomainNames=chunk)["DomainStatusList"]]


def _transfer_servers(api: Any, read: Read) -> list[Any]:
    listed = pages(api, "list_servers", "Servers", read)
    return [api.describe_server(ServerId=item["ServerId"])["Server"] for item in listed]


SERVICES: dict[str, Callable[[Any, Read], list[Any]]] = {
    "opensearch": _search_domains,
    "kafka": lambda api, read: pages(api, "list_clusters_v2", "ClusterInfoList", read),
    "dax": lambda api, read: pages(api, "describe_clusters", "Clusters", read),
    "dms": lambda api, read: pages(api, "describe_endpoints", "Endpoints", read),
    "transfer": _transfer_servers,
}


@table(
    kind="snapshot",
    key=("Region", "Service"),
    query="OpenSearch ListDomainNames, DescribeDomains; MSK ListClustersV2; DAX DescribeClusters; "
    "DMS DescribeEndpoints; Transfer ListServers, DescribeServer; in each region that has the service",
)
def managed_services(client: Aws, read: Read) -> Iterator[Any]:
    import boto3

    client.introduce(read)
    available = {service: set(boto3.Session().get_available_regions(service)) for service in SERVICES}
    places = [(region, name) for region in client.enabled_regions for name in SERVICES if region in available[name]]
    read.parameter("Places", len(places))

    def one(place: tuple[str, str]) -> Envelope:
        region, service = place
        account = client.caller.get("Account")
        call = SERVICES[service]
        return ask(
            read,
            lambda: call(client.client(service, region), read),
            Region=region,
            Service=service,
            Account=account,
        )

    yield from read.each(places, one)
