"""Smaller services of the sandbox's AWS account: topics, queues, a stream, log groups, the machines
whose volumes ``volumes`` plans, backup plans, and access analyzers.

moto runs no access analyzer and gives machines ids of its own making, so both answers are those of the plans below.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import ENABLED_REGIONS, EUROPE, HOME, Cloud, Dated, at, moment
from soc2_warehouse.sandbox.aws.databases import DATABASES
from soc2_warehouse.sandbox.aws.keys import key_arn
from soc2_warehouse.sandbox.aws.resilience import JOBS
from soc2_warehouse.sandbox.aws.volumes import VOLUMES
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID

#: After the keys and volumes.
RANK = 2

#: Name: whether it has a key of its own, as that changed over time.
TOPICS: dict[str, Dated[bool]] = {
    "orders": ((moment("2025-01-01"), False), (moment("2026-07-03T09:00"), True)),
    "pages": ((moment("2025-01-01"), True),),
}
#: Queues are encrypted by the provider unless somebody turned that off.
QUEUES = {"invoices": True, "legacy-imports": False}
STREAM = "clicks"
LOG_GROUPS = {"/acme/ledger-api": True, "/acme/scratch": False}
#: The machine that everybody comes in by: a public address, and metadata for whoever asks.
BASTION = "bastion"
UNWATCHED = "sa-east-1"

#: Backup plans and for how many days they keep: PLAN_RETENTION_SHORT (CS-03) of one.
PLANS = {"production": 35, "scratch": 7}

_now = moment("2026-01-01")


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Make the services what they are at ``now``."""
    global _now
    _now = now
    key = key_arn("logs", HOME)
    sns = cloud.client("sns")
    for name, keyed in TOPICS.items():
        made = sns.create_topic(Name=name)["TopicArn"]
        sns.set_topic_attributes(
            TopicArn=made, AttributeName="KmsMasterKeyId", AttributeValue=key if at(keyed, now) else ""
        )
    if STREAM in cloud.backend("kinesis").streams:
        return
    sqs, kinesis, logs = cloud.client("sqs"), cloud.client("kinesis"), cloud.client("logs", EUROPE)
    for name, encrypted in QUEUES.items():
        sqs.create_queue(QueueName=name, Attributes={"SqsManagedSseEnabled": str(encrypted).lower()})
    kinesis.create_stream(StreamName=STREAM, ShardCount=1)
    kinesis.start_stream_encryption(StreamName=STREAM, EncryptionType="KMS", KeyId=key)
    for name, has_key in LOG_GROUPS.items():
        logs.create_log_group(logGroupName=name, **({"kmsKeyId": key} if has_key else {}))


def _plan_arn(name: str) -> str:
    return f"arn:aws:backup:{HOME}:{ACCOUNT_ID}:backup-plan:{name}"


def _machines(region: str) -> list[dict[str, Any]]:
    roots = [plan for plan in VOLUMES if plan.root and plan.region == region and plan.exists(_now)]
    return [
        {
            "InstanceId": plan.instance_id,
            "State": {"Code": 16, "Name": "running"},
            "LaunchTime": plan.created_at,
            "PublicIpAddress": "198.51.100.20" if plan.name.startswith(BASTION) else None,
            "MetadataOptions": {
                "State": "applied",
                "HttpEndpoint": "enabled",
                "HttpTokens": "optional" if plan.name.startswith(BASTION) else "required",
            },
            "Tags": [{"Key": "Name", "Value": plan.name.split(".")[0]}],
        }
        for plan in roots
    ]


def _analyzers(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """GET /analyzer: an account analyzer in every region but one."""
    region = re.search(r"/([a-z0-9-]+)/access-analyzer/aws4_request", environ.get("HTTP_AUTHORIZATION", ""))
    name = region.group(1) if region else HOME
    analyzer = {
        "arn": f"arn:aws:access-analyzer:{name}:{ACCOUNT_ID}:analyzer/account",
        "name": "account",
        "type": "ACCOUNT",
        "status": "ACTIVE",
        "createdAt": "2025-01-10T09:00:00Z",
    }
    watched = name in ENABLED_REGIONS and name != UNWATCHED
    body = json.dumps({"analyzers": [analyzer] if watched else []}).encode()
    start_response("200 OK", [("Content-Length", str(len(body))), ("Content-Type", "application/json")])
    return [body]


def fill() -> None:
    """Machines and analyzers as planned."""
    from moto.backup import urls
    from moto.backup.responses import BackupResponse
    from moto.core.responses import ActionResult
    from moto.ec2.responses.instances import InstanceResponse

    from soc2_warehouse.sandbox.aws.server import Door

    def describe_instances(self: Any) -> Any:
        machines = _machines(self.region)
        return ActionResult({"Reservations": [{"ReservationId": "r-0", "Instances": machines}] if machines else []})

    def list_backup_plans(self: Any) -> str:
        listed = [{"BackupPlanArn": _plan_arn(name), "BackupPlanId": name, "BackupPlanName": name} for name in PLANS]
        return json.dumps({"BackupPlansList": listed if self.region == HOME else []})

    def get_backup_plan(self: Any) -> str:
        name = self.path.rstrip("/").split("/")[-1]
        rule = {"RuleName": "nightly", "TargetBackupVaultName": "daily", "Lifecycle": {"DeleteAfterDays": PLANS[name]}}
        return json.dumps({"BackupPlanId": name, "BackupPlan": {"BackupPlanName": name, "Rules": [rule]}})

    def list_protected_resources(self: Any) -> str:
        held = [
            plan.arn for plan in DATABASES if plan.name in JOBS and plan.region == self.region and plan.exists(_now)
        ]
        return json.dumps({"Results": [{"ResourceArn": arn, "ResourceType": arn.split(":")[2]} for arn in held]})

    BackupResponse.list_backup_plans = list_backup_plans  # type: ignore[method-assign]
    BackupResponse.get_backup_plan = get_backup_plan  # type: ignore[method-assign]
    BackupResponse.list_protected_resources = list_protected_resources  # type: ignore[attr-defined]
    urls.url_paths["{0}/resources/?$"] = BackupResponse.dispatch
    InstanceResponse.describe_instances = describe_instances  # type: ignore[method-assign]
    Door.beside["/analyzer"] = _analyzers
