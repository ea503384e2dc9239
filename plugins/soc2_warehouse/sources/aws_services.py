"""What scanners ask of smaller AWS services, of every enabled region: topics, queues, streams, log groups, file
systems, search domains, notebooks, catalogues, API stages, instances, certificates, builds, backup plans and access
analyzers.

Least permissions: ec2:DescribeRegions, access-analyzer:ListAnalyzers, acm:ListCertificates, apigateway:GET,
backup:ListBackupPlans, backup:GetBackupPlan, backup:ListBackupVaults, backup:ListProtectedResources,
codebuild:ListProjects, codebuild:BatchGetProjects, ec2:DescribeInstances, elasticfilesystem:DescribeFileSystems,
elasticfilesystem:DescribeBackupPolicy, fsx:DescribeFileSystems, glue:GetDatabases,
glue:GetDataCatalogEncryptionSettings, kinesis:ListStreams, kinesis:DescribeStreamSummary, logs:DescribeLogGroups,
logs:DescribeMetricFilters, es:ListDomainNames, es:DescribeDomains, sagemaker:ListNotebookInstances,
sagemaker:DescribeNotebookInstance, sns:ListTopics, sns:GetTopicAttributes, sqs:ListQueues, sqs:GetQueueAttributes
(SecurityAudit holds them all).

Cannot see: regions that the account has not opted into and other accounts. One row a region and service, also for an
empty one: an empty list is an answer, a missing row is not. A resource that is refused while its region is listed
makes the row of its region and service refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from soc2_warehouse.aws import Aws, each_service, pages, record
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Read, table

SOURCE = "aws_services"
CONNECTION = "aws_default"
CONCURRENCY = 8
DOMAINS_AT_ONCE = 5
PROJECTS_AT_ONCE = 100
KEY_TYPES = (
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
)


def client(connection: Connection) -> Aws:
    return Aws(connection, CONCURRENCY)


def calls(client: Aws) -> tuple[int, int, int]:
    return client.counts()


def _topics(sns: Any, read: Read) -> list[dict[str, Any]]:
    listed = pages(sns, "list_topics", "Topics", read)
    return [{"Id": topic["TopicArn"], **_attributes(sns.get_topic_attributes, **topic)} for topic in listed]


def _queues(sqs: Any, read: Read) -> list[dict[str, Any]]:
    listed = pages(sqs, "list_queues", "QueueUrls", read)
    wanted = ["QueueArn", "KmsMasterKeyId", "SqsManagedSseEnabled"]
    found = [_attributes(sqs.get_queue_attributes, QueueUrl=url, AttributeNames=wanted) for url in listed]
    return [{"Id": queue["QueueArn"], **queue} for queue in found]


def _attributes(call: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    return dict(call(**arguments).get("Attributes") or {})


def _streams(kinesis: Any, read: Read) -> list[dict[str, Any]]:
    listed = pages(kinesis, "list_streams", "StreamNames", read)
    found = [kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"] for name in listed]
    return [{"Id": stream["StreamARN"], **stream} for stream in found]


def _log_groups(logs: Any, read: Read) -> list[dict[str, Any]]:
    """Groups with the metric filters that count in them."""
    filters: dict[str, list[dict[str, Any]]] = {}
    for item in pages(logs, "describe_metric_filters", "metricFilters", read):
        filters.setdefault(str(item.get("logGroupName")), []).append(item)
    listed = pages(logs, "describe_log_groups", "logGroups", read)
    return [
        {"Id": group["arn"].removesuffix(":*"), **group, "MetricFilters": filters.get(group["logGroupName"], [])}
        for group in listed
    ]


def _file_systems(efs: Any, read: Read) -> list[dict[str, Any]]:
    listed = pages(efs, "describe_file_systems", "FileSystems", read)
    return [
        {
            "Id": system.get("FileSystemArn") or system["FileSystemId"],
            **system,
            "BackupPolicy": _backup_policy(efs, system["FileSystemId"]),
        }
        for system in listed
    ]


def _backup_policy(efs: Any, system_id: str) -> str:
    """ENABLED, ENABLING, DISABLED or DISABLING; a file system without a policy is not backed up by itself."""
    from botocore.exceptions import ClientError

    try:
        return str(efs.describe_backup_policy(FileSystemId=system_id)["BackupPolicy"]["Status"])
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "PolicyNotFound":
            return "DISABLED"
        raise


def _windows_systems(fsx: Any, read: Read) -> list[dict[str, Any]]:
    listed = pages(fsx, "describe_file_systems", "FileSystems", read)
    return [{"Id": system.get("ResourceARN") or system["FileSystemId"], **system} for system in listed]


def _certificates(acm: Any, read: Read) -> list[dict[str, Any]]:
    """Of every kind of key: unasked, the API leaves out all but small RSA ones."""
    wanted = ("DomainName", "NotAfter", "InUse", "Status", "Type")
    listed = pages(acm, "list_certificates", "CertificateSummaryList", read, Includes={"keyTypes": list(KEY_TYPES)})
    return [{"Id": item["CertificateArn"], **{key: item.get(key) for key in wanted}} for item in listed]


def _builds(codebuild: Any, read: Read) -> list[dict[str, Any]]:
    """Names and types of the variables; a value may be a secret and is never landed."""
    names = pages(codebuild, "list_projects", "projects", read)
    found: list[dict[str, Any]] = []
    for first in range(0, len(names), PROJECTS_AT_ONCE):
        for project in codebuild.batch_get_projects(names=names[first : first + PROJECTS_AT_ONCE])["projects"]:
            variables = (project.get("environment") or {}).get("environmentVariables") or []
            shown = [{"name": item["name"], "type": item.get("type") or "PLAINTEXT"} for item in variables]
            found.append({"Id": project["arn"], "Name": project["name"], "Variables": shown})
    return found


def _backup(backup: Any, read: Read) -> list[dict[str, Any]]:
    """Plans with their rules, vaults with their lock, and what is protected; Kind tells them apart."""
    plans = [
        {
            "Id": item["BackupPlanArn"],
            "Kind": "plan",
            "Name": item.get("BackupPlanName"),
            "Rules": backup.get_backup_plan(BackupPlanId=item["BackupPlanId"])["BackupPlan"]["Rules"],
        }
        for item in pages(backup, "list_backup_plans", "BackupPlansList", read)
    ]
    vaults = [
        {"Id": item["BackupVaultArn"], "Kind": "vault", **item}
        for item in pages(backup, "list_backup_vaults", "BackupVaultList", read)
    ]
    protected = [
        {"Id": item["ResourceArn"], "Kind": "protected", **item}
        for item in pages(backup, "list_protected_resources", "Results", read)
    ]
    return plans + vaults + protected


def _domains(opensearch: Any, read: Read) -> list[dict[str, Any]]:
    names = [domain["DomainName"] for domain in opensearch.list_domain_names()["DomainNames"]]
    read.page(len(names))
    found: list[dict[str, Any]] = []
    for first in range(0, len(names), DOMAINS_AT_ONCE):
        answer = opensearch.describe_domains(DomainNames=names[first : first + DOMAINS_AT_ONCE])
        found += [{"Id": domain["ARN"], **domain} for domain in answer["DomainStatusList"]]
    return found


def _notebooks(sagemaker: Any, read: Read) -> list[dict[str, Any]]:
    listed = pages(sagemaker, "list_notebook_instances", "NotebookInstances", read)
    found = [
        record(sagemaker.describe_notebook_instance(NotebookInstanceName=item["NotebookInstanceName"]))
        for item in listed
    ]
    return [{"Id": notebook["NotebookInstanceArn"], **notebook} for notebook in found]


def _catalogue(glue: Any, read: Read) -> list[dict[str, Any]]:
    """The region's catalogue, where it has a database: an empty one holds nothing that could be encrypted."""
    databases = pages(glue, "get_databases", "DatabaseList", read)
    if not databases:
        return []
    settings = glue.get_data_catalog_encryption_settings()["DataCatalogEncryptionSettings"]
    return [{"Id": f"catalogue of {glue.meta.region_name}", "Databases": len(databases), **settings}]


def _stages(gateway: Any, read: Read) -> list[dict[str, Any]]:
    found = []
    for api in pages(gateway, "get_rest_apis", "items", read):
        for stage in gateway.get_stages(restApiId=api["id"])["item"]:
            found.append({"Id": f"{api['id']}/{stage['stageName']}", "ApiName": api.get("name"), **stage})
    return found


def _instances(ec2: Any, read: Read) -> list[dict[str, Any]]:
    wanted = ("InstanceId", "PublicIpAddress", "Ipv6Address", "MetadataOptions", "State", "Tags", "LaunchTime")
    reservations = pages(ec2, "describe_instances", "Reservations", read)
    return [
        {"Id": instance["InstanceId"], **{key: instance.get(key) for key in wanted}}
        for reservation in reservations
        for instance in reservation["Instances"]
    ]


def _analyzers(analyzer: Any, read: Read) -> list[dict[str, Any]]:
    """One item a region, also when it has no analyzer: the region is what a scanner asks about."""
    listed = pages(analyzer, "list_analyzers", "analyzers", read)
    return [{"Id": f"access analyzers of {analyzer.meta.region_name}", "Analyzers": listed}]


SERVICES: dict[str, Callable[[Any, Read], list[dict[str, Any]]]] = {
    "accessanalyzer": _analyzers,
    "acm": _certificates,
    "apigateway": _stages,
    "backup": _backup,
    "codebuild": _builds,
    "ec2": _instances,
    "efs": _file_systems,
    "fsx": _windows_systems,
    "glue": _catalogue,
    "kinesis": _streams,
    "logs": _log_groups,
    "opensearch": _domains,
    "sagemaker": _notebooks,
    "sns": _topics,
    "sqs": _queues,
}


@table(kind="snapshot", key=("Region", "Service"), query="What each service of each region lists and describes")
def resources(client: Aws, read: Read) -> Iterator[Any]:
    yield from each_service(client, read, SERVICES)
