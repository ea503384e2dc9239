"""IAM of the sandbox account: users and keys as the company has them, groups, roles, and the credential report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import READER_ROLE, Cloud, in_order, moment, stable_hex
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.records import AccessKey, AwsUser
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID, BREAK_GLASS_ROLE, LAMBDA_SERVICES, PIPELINE_ROLE, SERVICES

#: The root user had an access key for three days (AC-18 ROOT_KEY_PRESENT).
ROOT_KEY = (moment("2026-07-02T10:00"), moment("2026-07-05T09:00"))
ROOT_CREATED = moment("2023-01-30")
#: Group: its inline policy, and the actions that it allows on everything.
GROUPS = {
    "administrators": ("AdministratorAccess", ("*",)),
    "engineers": ("Engineering", ("ecs:*", "lambda:*", "logs:*")),
    "readers": ("Reading", ("ec2:Describe*", "s3:Get*", "s3:List*")),
}
#: What even administrators are refused: rows of production databases, and the buckets with data of customers.
REFUSED = (
    (("rds-data:*", "redshift-data:*", "dynamodb:PutItem"), "*"),
    (("s3:GetObject",), "arn:aws:s3:::acme-customer-*"),
)
REPORT_COLUMNS = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
)


def root_has_key(now: datetime) -> bool:
    return ROOT_KEY[0] <= now < ROOT_KEY[1]


def keys_of(user: AwsUser, now: datetime) -> list[AccessKey]:
    """The user's keys that exist at ``now``, oldest first."""
    return sorted((key for key in user.keys if key.exists(now)), key=lambda key: key.created_at)


def group_of(user: AwsUser) -> str:
    if user.kind != "human":
        return "readers"
    return "administrators" if user.tags.get("team") in ("platform", "security") else "engineers"


def actions_of(user: AwsUser) -> tuple[str, ...]:
    """What the user may do, by the policy of the group."""
    return GROUPS[group_of(user)][1]


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Make moto's IAM what it is at ``now``."""
    backend = cloud.backend("iam")
    if READER_ROLE not in {role.name for role in backend.roles.values()}:
        _furniture(cloud)
    present = {user.name: user for user in company.aws_users if user.exists(now)}
    for name in [
        name for name, held in backend.users.items() if name not in present or held.id != present[name].user_id
    ]:
        _forget(backend, name)
    for user in present.values():
        _arrange_user(cloud, user, now)
    in_order(backend.users, present)
    for role in backend.roles.values():
        role.last_used = (now - timedelta(hours=5)).replace(tzinfo=None)
    backend.account_summary._account_mfa_enabled = 1
    backend.account_summary._account_access_keys_present = int(root_has_key(now))
    report = "\n".join([REPORT_COLUMNS, *_report(list(present.values()), now)]) + "\n"
    backend.get_credential_report = lambda: report
    backend.acme_now = now


def _arrange_user(cloud: Cloud, user: AwsUser, now: datetime) -> None:
    backend = cloud.backend("iam")
    held = backend.users.get(user.name) or _create(cloud, user)
    held.password = "set" if user.password_enabled(now) else None
    last = user.password_last_used(now)
    held.password_last_used = last.replace(tzinfo=None) if last and held.password else None
    wanted = {key.access_key_id: key for key in keys_of(user, now)}
    for key in [key for key in held.access_keys if key.access_key_id not in wanted]:
        held.access_keys.remove(key)
        backend.access_keys.pop(key.access_key_id, None)
    for key_id, plan in wanted.items():
        key = backend.access_keys.get(key_id) or _create_key(cloud, user, plan)
        key.status = plan.status(now)
        used = plan.last_used(now)
        key.last_used = _last_used(used) if used else None
    held.access_keys.sort(key=lambda key: key.create_date)


def _last_used(when: datetime) -> Any:
    from moto.iam.models import AccessKeyLastUsed

    return AccessKeyLastUsed(timestamp=when.replace(tzinfo=None), service="s3", region="us-east-1")


def _create(cloud: Cloud, user: AwsUser) -> Any:
    client = cloud.client("iam")
    tags = [{"Key": key, "Value": value} for key, value in user.tags.items()]
    client.create_user(UserName=user.name, Tags=tags)
    held = cloud.backend("iam").users[user.name]
    held.id, held.create_date = user.user_id, user.created_at.replace(tzinfo=None)
    if user.mfa and user.kind != "service":
        from moto.iam.models import MFADevice

        serial = f"arn:aws:iam::{ACCOUNT_ID}:mfa/{user.name}"
        device = MFADevice(serial, "000000", "000000")
        device.enable_date = (user.created_at + timedelta(minutes=20)).replace(tzinfo=None)
        held.mfa_devices[serial] = device
    client.add_user_to_group(GroupName=group_of(user), UserName=user.name)
    return held


def _create_key(cloud: Cloud, user: AwsUser, plan: AccessKey) -> Any:
    made = cloud.client("iam").create_access_key(UserName=user.name)["AccessKey"]["AccessKeyId"]
    backend = cloud.backend("iam")
    key = next(key for key in backend.users[user.name].access_keys if key.access_key_id == made)
    backend.access_keys.pop(made, None)
    key.access_key_id, key.create_date = plan.access_key_id, plan.created_at.replace(tzinfo=None)
    backend.access_keys[plan.access_key_id] = key
    return key


def _forget(backend: Any, name: str) -> None:
    held = backend.users.pop(name)
    for key in held.access_keys:
        backend.access_keys.pop(key.access_key_id, None)
    for group in backend.groups.values():
        group.users = [user for user in group.users if user is not held]


def _furniture(cloud: Cloud) -> None:
    """Groups, roles and policies: there from the beginning."""
    client = cloud.client("iam")
    for group, (policy, actions) in GROUPS.items():
        client.create_group(GroupName=group)
        client.put_group_policy(GroupName=group, PolicyName=policy, PolicyDocument=_document(*actions))
    client.update_account_password_policy(
        MinimumPasswordLength=14,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
        PasswordReusePrevention=24,
    )
    refused = [{"Effect": "Deny", "Action": list(actions), "Resource": where} for actions, where in REFUSED]
    rail = json.dumps({"Version": "2012-10-17", "Statement": refused})
    client.put_group_policy(GroupName="administrators", PolicyName="GuardRail", PolicyDocument=rail)
    made = client.create_policy(PolicyName="deploy-services", PolicyDocument=_document("ecs:*", "lambda:*"))
    roles: dict[str, tuple[str, str]] = {
        PIPELINE_ROLE: ("Federated", f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/token.actions.githubusercontent.com"),
        BREAK_GLASS_ROLE: ("AWS", f"arn:aws:iam::{ACCOUNT_ID}:user/break-glass"),
        READER_ROLE: ("AWS", f"arn:aws:iam::{ACCOUNT_ID}:root"),
    }
    for service in SERVICES:
        principal = "lambda.amazonaws.com" if service in LAMBDA_SERVICES else "ecs-tasks.amazonaws.com"
        roles[f"{service}-runtime"] = ("Service", principal)
    for name, (kind, principal) in roles.items():
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {kind: principal}, "Action": "sts:AssumeRole"}],
        }
        client.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    client.attach_role_policy(RoleName=PIPELINE_ROLE, PolicyArn=made["Policy"]["Arn"])
    backend = cloud.backend("iam")
    for number, role in enumerate(list(backend.roles.values())):
        backend.roles.pop(role.id)
        role.id = "AROA" + stable_hex(17, "role", role.name).upper()
        role.create_date = moment("2024-01-02T09:00").replace(tzinfo=None) + timedelta(days=number)
        backend.roles[role.id] = role
    for group in backend.groups.values():
        group.id, group.create_date = "AGPA" + stable_hex(17, "group", group.name).upper(), moment("2024-01-02T09:00")


def _document(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _report(users: list[AwsUser], now: datetime) -> Iterator[str]:
    """Lines of the credential report, the root user first. A key that was never used reads N/A, like no key."""
    root_key = [str(root_has_key(now)).lower(), _text(ROOT_KEY[0]) if root_has_key(now) else "N/A", *["N/A"] * 3]
    yield ",".join(
        [
            *("<root_account>", f"arn:aws:iam::{ACCOUNT_ID}:root", _text(ROOT_CREATED)),
            *("not_supported", _text(moment("2026-03-02T09:30")), "not_supported", "not_supported", "true"),
            *root_key,
            *("false", "N/A", "N/A", "N/A", "N/A"),
            *("false", "N/A", "false", "N/A"),
        ]
    )
    for user in sorted(users, key=lambda user: user.name):
        enabled = user.password_enabled(now)
        last = user.password_last_used(now)
        cells = [
            user.name,
            f"arn:aws:iam::{ACCOUNT_ID}:user/{user.name}",
            _text(user.created_at),
            str(enabled).lower(),
            (_text(last) if last else "no_information") if enabled else "N/A",
            _text(user.created_at) if enabled else "N/A",
            "N/A",
            str(user.mfa and user.kind != "service").lower(),
        ]
        keys = keys_of(user, now)[:2]
        for key in [*keys, None, None][:2]:
            if key is None:
                cells += ["false", "N/A", "N/A", "N/A", "N/A"]
                continue
            used = key.last_used(now)
            where = ["us-east-1", "s3"] if used else ["N/A", "N/A"]
            active = str(key.status(now) == "Active").lower()
            cells += [active, _text(key.created_at), _text(used) if used else "N/A", *where]
        yield ",".join([*cells, "false", "N/A", "false", "N/A"])


def _text(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S+00:00")
