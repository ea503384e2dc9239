"""What people did to identities and permissions, and in emergency sessions, as CloudTrail tells it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from soc2_warehouse.sandbox import emergencies
from soc2_warehouse.sandbox.aws.trail import (
    ACTIONS,
    ADMIN,
    BOTO,
    CONSOLE,
    OFFICE_IP,
    TrailEvent,
    role_identity,
    user_identity,
)
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.rhythm import moment
from soc2_warehouse.sandbox.timetable import BREAK_GLASS_ROLE, PIPELINE_ROLE, deployments

IAM = "iam.amazonaws.com"
SSO_ROLE = "AWSReservedSSO_Administrator_0a1b2c3d4e5f6789"
POLICY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"

#: (key, call, request, when, person): calls with a user of one's own.
CALLS: tuple[tuple[str, str, dict[str, Any], str, str], ...] = (
    # No declared role of E1010 includes it.
    ("non-admin", "AttachUserPolicy", {"userName": "svc-mailer", "policyArn": POLICY}, "2026-06-16T10:00", "E1010"),
    # An administrator, but for the own user.
    ("self", "AttachUserPolicy", {"userName": "lena.fischer", "policyArn": POLICY}, "2026-06-17T10:00", "E1008"),
    # Approved a second later, and on the second.
    ("early", "AttachUserPolicy", {"userName": "ben.carter", "policyArn": POLICY}, "2026-06-24T10:00", ADMIN),
    ("in-time", "AttachUserPolicy", {"userName": "ravi.shah", "policyArn": POLICY}, "2026-06-25T10:00", ADMIN),
    # By an approved rule, without a request.
    ("birthright", "AddUserToGroup", {"userName": "yara.costa", "groupName": "readers"}, "2026-06-26T10:00", ADMIN),
)
#: (key, session, when): a role's policy changed in a session of single sign-on.
SESSIONS = (
    ("nobody", "temp-consultant", "2026-06-18T10:00"),
    ("session", "kenji.watanabe@acme.example", "2026-06-19T10:00"),  # near miss: an administrator
)
#: Deployments whose pipeline changed the role of the service too: one with a pull request, one of a pushed revert.
PIPELINES = {"gha-payments-37", "gha-notifications-44"}


def events(company: Company) -> Iterator[TrailEvent]:
    yield from _emergencies()
    for key, name, request, when, ref in CALLS:
        yield _call(company, key, name, request, when, ref)
    refused = {"userName": "ravi.shah", "policyArn": POLICY}
    yield _call(company, "refused", "AttachUserPolicy", refused, "2026-06-22T10:00", "E1011", "AccessDenied")
    # Not the person but the service whose first use needs the role.
    linked = _call(company, "linked", "CreateServiceLinkedRole", {}, "2026-06-23T10:00", ADMIN)
    linked.identity["invokedBy"] = "autoscaling.amazonaws.com"
    yield linked
    for key, session, when in SESSIONS:
        yield TrailEvent(
            f"admin/{key}", "PutRolePolicy", IAM, moment(when), session, role_identity(SSO_ROLE, session),
            {"roleName": "reports-task", "policyName": "read"}, OFFICE_IP, CONSOLE,
        )  # fmt: skip
    for deployment in deployments():
        if deployment.environment == "production" and deployment.session_name in PIPELINES:
            name = deployment.session_name
            yield TrailEvent(
                f"admin/{name}", "PutRolePolicy", IAM, deployment.started_at + timedelta(seconds=80), name,
                role_identity(PIPELINE_ROLE, name), {"roleName": f"{deployment.service}-task", "policyName": "read"},
                deployment.source_ip, ACTIONS,
            )  # fmt: skip


def _call(
    company: Company, key: str, name: str, request: dict[str, Any], when: str, ref: str, error: str | None = None
) -> TrailEvent:
    user, at = company.aws_user(ref), moment(when)
    identity = user_identity(user, at)
    return TrailEvent(f"admin/{key}", name, IAM, at, user.name, identity, request, OFFICE_IP, BOTO, error=error)


def _emergencies() -> Iterator[TrailEvent]:
    """What was done on machines in emergency sessions."""
    for session in emergencies.SESSIONS:
        identity = role_identity(BREAK_GLASS_ROLE, session.session_name)
        for when in session.calls:
            yield TrailEvent(
                f"SendCommand/{session.session_name}/{when.isoformat()}", "SendCommand", "ssm.amazonaws.com", when,
                session.session_name, identity, {"documentName": "AWS-RunShellScript"}, OFFICE_IP, BOTO,
            )  # fmt: skip
