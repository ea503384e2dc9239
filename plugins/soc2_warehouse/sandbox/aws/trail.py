"""What the sandbox's CloudTrail recorded: sign-ins, the life of IAM users and keys, and changes of production."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from soc2_warehouse.sandbox.aws import trail_config
from soc2_warehouse.sandbox.aws.cloud import HOME, moment, stable_uuid
from soc2_warehouse.sandbox.bursts import BURSTS
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.records import AwsUser
from soc2_warehouse.sandbox.timetable import (
    ACCOUNT_ID,
    BREAK_GLASS_ROLE,
    FOREIGN_IP,
    LAMBDA_SERVICES,
    PIPELINE_ROLE,
    Deployment,
    RuntimeChange,
    deployments,
    runtime_changes_until,
)

#: CloudTrail keeps 90 days for LookupEvents. The sandbox keeps all events since here, as a warehouse would hold them
#: that had run since the window began: its first extraction stands for those nights.
BEGIN = moment("2025-12-01")
END = moment("2027-07-01")
ADMIN = "E1007"
OFFICE_IP = "192.0.2.10"
CONSOLE = "signin.amazonaws.com"
BOTO = "Boto3/1.40.0 md/Botocore#1.40.0 ua/2.1 os/linux lang/python#3.12.4"
ACTIONS = "aws-sdk-js/3.620.0 os/linux lang/js md/nodejs#20.15.0 exec-env/GitHubActions"
LAMBDA_UPDATE = "UpdateFunctionCode20150331v2"


@dataclass(frozen=True)
class TrailEvent:
    """One management event. ``username`` is what LookupEvents shows beside it."""

    key: str
    name: str
    source: str
    at: datetime
    username: str
    identity: dict[str, Any]
    request: dict[str, Any] | None
    ip: str
    agent: str
    region: str = HOME
    error: str | None = None
    response: dict[str, Any] | None = None
    extra: dict[str, Any] | None = None

    @property
    def event_id(self) -> str:
        return stable_uuid("trail", self.key)

    def lookup(self) -> dict[str, Any]:
        """The item of LookupEvents, the whole event inside as text."""
        event: dict[str, Any] = {
            "eventVersion": "1.11",
            "userIdentity": self.identity,
            "eventTime": f"{self.at:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": self.source,
            "eventName": self.name,
            "awsRegion": self.region,
            "sourceIPAddress": self.ip,
            "userAgent": self.agent,
            **({"errorCode": self.error, "errorMessage": f"User is not authorized: {self.name}"} if self.error else {}),
            "requestParameters": self.request,
            "responseElements": self.response,
            **(self.extra or {}),
            "requestID": stable_uuid("request", self.key),
            "eventID": self.event_id,
            "readOnly": False,
            "eventType": "AwsConsoleSignIn" if self.name == "ConsoleLogin" else "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": ACCOUNT_ID,
            "eventCategory": "Management",
        }
        item: dict[str, Any] = {
            "EventId": self.event_id,
            "EventName": self.name,
            "ReadOnly": "false",
            "EventTime": int(self.at.timestamp()),
            "EventSource": self.source,
            "Username": self.username,
            "Resources": [],
            "CloudTrailEvent": json.dumps(event, separators=(",", ":")),
        }
        if "accessKeyId" in self.identity:
            item["AccessKeyId"] = self.identity["accessKeyId"]
        return item


def history(company: Company) -> list[TrailEvent]:
    """Every event from BEGIN to END, oldest first."""
    from soc2_warehouse.sandbox.aws import trail_admin, trail_logs  # they build on this module

    found = [
        *_users(company),
        *_sign_ins(company),
        *_failed_sign_ins(company),
        *_deployments(),
        *_outside(company),
        *_stops(company),
        *trail_admin.events(company),
        *trail_logs.events(company),
    ]
    return sorted((event for event in found if BEGIN <= event.at < END), key=lambda event: (event.at, event.key))


def user_identity(user: AwsUser, now: datetime | None = None, mfa: bool = True) -> dict[str, Any]:
    """The userIdentity of an IAM user; with ``now`` None of a console session."""
    identity: dict[str, Any] = {
        "type": "IAMUser",
        "principalId": user.user_id,
        "arn": f"arn:aws:iam::{ACCOUNT_ID}:user/{user.name}",
        "accountId": ACCOUNT_ID,
        "userName": user.name,
    }
    if now is not None:
        keys = [key for key in user.keys if key.exists(now)]
        identity["accessKeyId"] = keys[-1].access_key_id if keys else "ASIASANDBOXCONSOLE00"
        if not keys:
            identity["sessionContext"] = {"attributes": {"mfaAuthenticated": str(mfa).lower()}}
    return identity


def role_identity(role: str, session: str) -> dict[str, Any]:
    """The userIdentity of a session of ``role``."""
    role_id = "AROA" + stable_uuid("role", role).replace("-", "").upper()[:17]
    return {
        "type": "AssumedRole",
        "principalId": f"{role_id}:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role}/{session}",
        "accountId": ACCOUNT_ID,
        "accessKeyId": "ASIA" + stable_uuid("session", session).replace("-", "").upper()[:16],
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": role_id,
                "arn": f"arn:aws:iam::{ACCOUNT_ID}:role/{role}",
                "accountId": ACCOUNT_ID,
                "userName": role,
            }
        },
    }


def _users(company: Company) -> Iterator[TrailEvent]:
    """Users and keys made, closed and removed, by the administrator."""
    admin = company.aws_user(ADMIN)

    def event(name: str, user: AwsUser, when: datetime, made: str | None = None, **request: Any) -> TrailEvent:
        """``made``: id of the access key that the call made; it stands in the answer, not in the request."""
        return TrailEvent(
            f"{name}/{user.user_id}/{made or request.get('accessKeyId', '')}",
            name,
            "iam.amazonaws.com",
            when,
            admin.name,
            user_identity(admin, when),
            {"userName": user.name, **request},
            OFFICE_IP,
            BOTO,
            response={"accessKey": {"accessKeyId": made, "userName": user.name, "status": "Active"}} if made else None,
        )

    for user in company.aws_users:
        yield event("CreateUser", user, user.created_at)
        if user.has_password:
            yield event("CreateLoginProfile", user, user.created_at + timedelta(minutes=1))
        closed = user.login_profile_deleted_at or (user.deleted_at if user.has_password else None)
        if closed is not None:
            # A user cannot be deleted before its password and its keys are.
            yield event("DeleteLoginProfile", user, min(closed, _before(user, 3)))
        for key in user.keys:
            yield event("CreateAccessKey", user, key.created_at, made=key.access_key_id)
            if key.deactivated_at is not None:
                yield event(
                    "UpdateAccessKey", user, key.deactivated_at, accessKeyId=key.access_key_id, status="Inactive"
                )
            if key.deleted_at is not None:
                yield event(
                    "DeleteAccessKey", user, min(key.deleted_at, _before(user, 2)), accessKeyId=key.access_key_id
                )
        if user.deleted_at is not None:
            yield event("DeleteUser", user, user.deleted_at)


def _before(user: AwsUser, seconds: int) -> datetime:
    return user.deleted_at - timedelta(seconds=seconds) if user.deleted_at else END


def _sign_ins(company: Company) -> Iterator[TrailEvent]:
    for user in company.aws_users:
        for when in user.console_sign_ins(BEGIN, END):
            yield TrailEvent(
                f"ConsoleLogin/{user.user_id}/{when.isoformat()}",
                "ConsoleLogin",
                CONSOLE,
                when,
                user.name,
                user_identity(user),
                None,
                OFFICE_IP,
                "Mozilla/5.0",
                response={"ConsoleLogin": "Success"},
                extra={"additionalEventData": {"MFAUsed": "Yes" if user.mfa else "No", "MobileVersion": "No"}},
            )


def _failed_sign_ins(company: Company) -> Iterator[TrailEvent]:
    """At the console, as part of bursts of one person over several systems."""
    for burst in BURSTS:
        for second in burst.console:
            user = company.aws_user(str(burst.ref))
            yield TrailEvent(
                f"ConsoleLogin/failed/{burst.key}/{second}",
                "ConsoleLogin",
                CONSOLE,
                burst.at(second),
                user.name,
                user_identity(user),
                None,
                FOREIGN_IP,
                "Mozilla/5.0",
                response={"ConsoleLogin": "Failure"},
                extra={"errorMessage": "Failed authentication", "additionalEventData": {"MFAUsed": "No"}},
            )


def _deployments() -> Iterator[TrailEvent]:
    """What the pipeline does in the cloud for each production deployment that succeeded."""
    for deployment in deployments():
        if deployment.environment == "production" and deployment.outcome == "success":
            yield from _pipeline(deployment)


def _pipeline(deployment: Deployment) -> Iterator[TrailEvent]:
    identity = role_identity(PIPELINE_ROLE, deployment.session_name)
    name, source, request = _change_of(deployment.service, deployment.run_number)
    start = deployment.started_at
    common = (deployment.session_name, identity)
    ip = deployment.source_ip
    if source == "ecs.amazonaws.com":
        family = {"family": deployment.service}
        yield TrailEvent(
            f"deploy/{deployment.number}/task", "RegisterTaskDefinition", source, start + timedelta(seconds=70),
            *common, family, ip, ACTIONS,
        )  # fmt: skip
    yield TrailEvent(
        f"deploy/{deployment.number}", name, source, start + timedelta(seconds=95), *common, request, ip, ACTIONS
    )


def _change_of(service: str, version: int = 1) -> tuple[str, str, dict[str, Any]]:
    """(event name, event source, request parameters) of a change of ``service``."""
    if service == "ledger-main":
        return "ModifyDBInstance", "rds.amazonaws.com", {"dBInstanceIdentifier": service, "applyImmediately": True}
    if service in LAMBDA_SERVICES:
        return LAMBDA_UPDATE, "lambda.amazonaws.com", {"functionName": service, "publish": True}
    request = {"cluster": "production", "service": service, "taskDefinition": f"{service}:{version}"}
    return "UpdateService", "ecs.amazonaws.com", request


def _outside(company: Company) -> Iterator[TrailEvent]:
    """Changes of production that no deployment explains."""
    for change in runtime_changes_until(END):
        yield _runtime(company, change)


def _stops(company: Company) -> Iterator[TrailEvent]:
    """Trails stopped and started again, by the administrator."""
    admin = company.aws_user(ADMIN)
    for trail, stopped, started in trail_config.STOPS:
        for name, when in (("StopLogging", stopped), ("StartLogging", started)):
            if when is not None:
                yield TrailEvent(
                    f"{name}/{trail}/{when.isoformat()}", name, "cloudtrail.amazonaws.com", when, admin.name,
                    user_identity(admin, when), {"name": trail_config.arn(trail)}, OFFICE_IP, BOTO,
                    region=trail_config.HOMES[trail],
                )  # fmt: skip


def _runtime(company: Company, change: RuntimeChange) -> TrailEvent:
    name, source, request = _change_of(change.service)
    human = company.aws_user("E1010" if change.kind == "manual_cli" else "E1009")
    ip, agent, error = OFFICE_IP, BOTO, None
    identity, username = user_identity(human, change.at), human.name
    if change.kind == "manual_console":
        agent = CONSOLE
        identity = user_identity(human) | {
            "accessKeyId": "ASIASANDBOXCONSOLE00",
            "sessionContext": {"attributes": {"mfaAuthenticated": "true"}},
        }
    elif change.kind == "manual_denied":
        error = "AccessDenied"
    elif change.kind in ("autoscaling", "maintenance"):
        service = "ecs.application-autoscaling.amazonaws.com" if change.kind == "autoscaling" else "rds.amazonaws.com"
        role = "AWSServiceRoleForApplicationAutoScaling_ECSService" if change.kind == "autoscaling" else (
            "AWSServiceRoleForRDS"
        )  # fmt: skip
        ip = agent = service
        identity, username = role_identity(role, "aws-service") | {"invokedBy": service}, "aws-service"
    elif change.kind in ("break_glass", "break_glass_unregistered"):
        assert change.session_name is not None
        identity, username = role_identity(BREAK_GLASS_ROLE, change.session_name), change.session_name
    elif change.kind == "pipeline_without_record":
        assert change.session_name is not None
        identity, username = role_identity(PIPELINE_ROLE, change.session_name), change.session_name
        ip, agent = "203.0.113.20", ACTIONS
    assert ip != FOREIGN_IP
    return TrailEvent(change.key, name, source, change.at, username, identity, request, ip, agent, error=error)
