"""AWS IAM: users, groups, roles, policies, access keys, MFA devices and the credential report of one account.

Least permissions: iam:GenerateCredentialReport, iam:GetCredentialReport, iam:GetAccountAuthorizationDetails,
iam:GetAccountSummary, iam:GetAccountPasswordPolicy, iam:ListVirtualMFADevices, iam:ListAccessKeys,
iam:GetAccessKeyLastUsed, iam:ListMFADevices (all in the managed policy
SecurityAudit), sts:GetCallerIdentity.

Cannot see: deleted users and keys (aws_trail does), IAM Identity Center, other accounts of the organisation. The
credential report is cached by AWS for up to four hours.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from typing import Any

from soc2_warehouse.aws import Aws, ask, pages, record
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Read, table

SOURCE = "aws_iam"
CONNECTION = "aws_default"
CONCURRENCY = 8
REPORT_WAIT_SECONDS = 120


def client(connection: Connection) -> Aws:
    return Aws(connection, CONCURRENCY)


def calls(client: Aws) -> tuple[int, int, int]:
    return client.counts()


@table(kind="snapshot", key=("Arn",), query="STS GetCallerIdentity")
def caller_identity(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    read.page(1)
    yield client.caller


@table(kind="snapshot", key=(), query="IAM GetAccountSummary")
def account_summary(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    summary = client.client("iam").get_account_summary()
    read.page(1)
    yield summary["SummaryMap"]


@table(kind="snapshot", key=("arn",), query="IAM GenerateCredentialReport, GetCredentialReport")
def credential_report(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    iam = client.client("iam")
    deadline = time.monotonic() + REPORT_WAIT_SECONDS
    pause = 0.1
    while iam.generate_credential_report()["State"] != "COMPLETE":
        if time.monotonic() > deadline:
            raise TimeoutError(f"AWS did not finish the credential report within {REPORT_WAIT_SECONDS} s")
        time.sleep(pause)
        pause = min(pause * 2, 5)
    report = iam.get_credential_report()
    read.page(1)
    if "GeneratedTime" in report:
        read.parameter("GeneratedTime", report["GeneratedTime"].isoformat())
    yield from csv.DictReader(report["Content"].decode().splitlines())


def _details(client: Aws, read: Read, filtered: str, key: str, counted: str | None) -> Iterator[Any]:
    """One kind of GetAccountAuthorizationDetails; the account summary counts the same thing independently."""
    client.introduce(read)
    read.parameter("Filter", filtered)
    if counted is not None:
        for summary in read.landed("account_summary"):
            read.total(int(summary.record[counted]))
    yield from pages(client.client("iam"), "get_account_authorization_details", key, read, Filter=[filtered])


@table(kind="snapshot", key=("UserId",), query="IAM GetAccountAuthorizationDetails")
def users(client: Aws, read: Read) -> Iterator[Any]:
    yield from _details(client, read, "User", "UserDetailList", "Users")


@table(kind="snapshot", key=("GroupId",), query="IAM GetAccountAuthorizationDetails")
def groups(client: Aws, read: Read) -> Iterator[Any]:
    yield from _details(client, read, "Group", "GroupDetailList", "Groups")


@table(kind="snapshot", key=("RoleId",), query="IAM GetAccountAuthorizationDetails")
def roles(client: Aws, read: Read) -> Iterator[Any]:
    yield from _details(client, read, "Role", "RoleDetailList", "Roles")


@table(kind="snapshot", key=("PolicyId",), query="IAM GetAccountAuthorizationDetails")
def policies(client: Aws, read: Read) -> Iterator[Any]:
    yield from _details(client, read, "LocalManagedPolicy", "Policies", "Policies")


def _per_user(client: Aws, read: Read, operation: str, key: str) -> Iterator[Any]:
    client.introduce(read)
    iam = client.client("iam")
    names = [user.record["UserName"] for user in read.landed("users")]

    def one(name: str) -> Any:
        return ask(read, lambda: pages(iam, operation, key, read, UserName=name), UserName=name)

    yield from read.each(names, one)


@table(kind="snapshot", key=("UserName",), query="IAM ListAccessKeys for each user")
def access_keys(client: Aws, read: Read) -> Iterator[Any]:
    yield from _per_user(client, read, "list_access_keys", "AccessKeyMetadata")


@table(kind="snapshot", key=("AccessKeyId",), query="IAM GetAccessKeyLastUsed for each access key")
def access_key_last_used(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    iam = client.client("iam")
    keys = [
        (key["AccessKeyId"], str((listed.parent or {})["UserName"]))
        for listed in read.landed("access_keys")
        for key in listed.record or []
    ]

    def one(item: tuple[str, str]) -> Any:
        key_id, name = item
        read.page(1)
        return ask(
            read,
            lambda: record(iam.get_access_key_last_used(AccessKeyId=key_id)),
            AccessKeyId=key_id,
            UserName=name,
        )

    yield from read.each(keys, one)


@table(kind="snapshot", key=("UserName",), query="IAM ListMFADevices for each user")
def mfa_devices(client: Aws, read: Read) -> Iterator[Any]:
    yield from _per_user(client, read, "list_mfa_devices", "MFADevices")


@table(kind="snapshot", key=(), query="IAM GetAccountPasswordPolicy")
def password_policy(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)
    read.page(1)
    yield ask(read, lambda: client.client("iam").get_account_password_policy()["PasswordPolicy"])


@table(kind="snapshot", key=(), query="IAM ListVirtualMFADevices, assigned ones")
def virtual_mfa_devices(client: Aws, read: Read) -> Iterator[Any]:
    client.introduce(read)

    def call() -> Any:
        iam = client.client("iam")
        return pages(iam, "list_virtual_mfa_devices", "VirtualMFADevices", read, AssignmentStatus="Assigned")

    yield ask(read, call)
