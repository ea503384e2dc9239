"""Secrets of the sandbox company: in Secrets Manager, in Parameter Store, and those that the register alone knows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

from soc2_warehouse.sandbox.aws.backups import newest
from soc2_warehouse.sandbox.aws.cloud import EUROPE, HOME, Cloud, Dated, at, moment, stable_hex, stable_uuid
from soc2_warehouse.sandbox.aws.keys import ALWAYS, key_arn
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID

ON: Dated[bool] = ((ALWAYS, True),)
OFF: Dated[bool] = ((ALWAYS, False),)


@dataclass(frozen=True)
class SecretPlan:
    """One secret. ``made``: when its versions were made; with ``every`` that goes on every so many days, as the rule of
    rotation says. ``next_due``: when the next rotation was due, where it is not the last plus ``every``.
    """

    name: str
    made: tuple[datetime, ...]
    every: int = 30
    goes_on: bool = False
    rotation: Dated[bool] = ON
    next_due: Dated[datetime] | None = None
    key: str | None = "secrets"
    replica: str | None = None
    service: str | None = None
    deleted: datetime | None = None
    changed: datetime | None = None
    denied: tuple[datetime, datetime] | None = None

    def arn(self, region: str = HOME) -> str:
        return f"arn:aws:secretsmanager:{region}:{ACCOUNT_ID}:secret:{self.name}-{stable_hex(6, 'secret', self.name)}"

    def current(self, now: datetime) -> datetime:
        last = max([when for when in self.made if when <= now], default=self.made[0])
        return newest(last, self.every, now) if self.goes_on and last == self.made[-1] else last

    def record(self, now: datetime, region: str = HOME) -> dict[str, Any]:
        """The secret as ListSecrets shows it."""
        current = self.current(now)
        due = at(self.next_due, now) if self.next_due else current + timedelta(days=self.every)
        shown: dict[str, Any] = {
            "ARN": self.arn(region),
            "Name": self.name,
            "CreatedDate": self.made[0].timestamp(),
            "LastChangedDate": (self.changed or current).timestamp(),
            "SecretVersionsToStages": {stable_uuid(self.name, f"{current}"): ["AWSCURRENT"]},
        }
        if at(self.rotation, now):
            shown |= {"RotationEnabled": True, "RotationRules": {"AutomaticallyAfterDays": self.every}}
            shown |= {"LastRotatedDate": current.timestamp(), "NextRotationDate": due.timestamp()}
        if self.key and region == HOME:
            shown["KmsKeyId"] = key_arn(self.key, HOME)
        if self.service:
            shown["OwningService"] = self.service
        if self.deleted:
            shown["DeletedDate"] = self.deleted.timestamp()
        if self.replica:
            shown["PrimaryRegion"] = HOME
        return shown

    def versions(self, now: datetime) -> list[dict[str, Any]]:
        current = self.current(now)
        return [
            {
                "VersionId": stable_uuid(self.name, f"{current}"),
                "VersionStages": ["AWSCURRENT"],
                "CreatedDate": current.timestamp(),
            }
        ]


SECRETS: tuple[SecretPlan, ...] = (
    SecretPlan("prod/ledger-db", (moment("2025-12-02T04:00"),), goes_on=True, replica=EUROPE),
    # The function that rotates it failed from May on, and was repaired.
    SecretPlan(
        "prod/payments-db",
        (moment("2025-12-02T04:00"), moment("2026-05-01T04:00"), moment("2026-07-03T10:00")),
        goes_on=True,
        next_due=(
            (ALWAYS, moment("2026-05-31T04:00")),
            (moment("2026-07-03T10:00"), moment("2026-08-02T10:00")),
        ),
    ),
    SecretPlan("prod/stripe-api-key", (moment("2025-09-01T09:00"), moment("2026-03-01T09:00")), rotation=OFF),
    SecretPlan("prod/legacy-smtp", (moment("2026-06-10T09:00"),), rotation=OFF, key=None),
    # Rotation was switched on, which rotates nothing yet; tags were edited, which moves LastChangedDate.
    SecretPlan(
        "prod/search-token",
        (moment("2024-05-06T09:00"), moment("2026-07-30T06:00")),
        goes_on=True,
        rotation=((ALWAYS, False), (moment("2026-06-30T09:00"), True)),
        next_due=((ALWAYS, moment("2026-07-30T06:00")),),
        changed=moment("2026-06-30T09:00"),
    ),
    SecretPlan("prod/partner-key", (moment("2026-01-05T09:00"),), every=60, goes_on=True),
    SecretPlan("prod/root-ca", (moment("2023-04-01T09:00"),), rotation=OFF),
    SecretPlan("prod/archive-token", (moment("2026-01-07T09:00"),), goes_on=True, key="s3-archive"),
    SecretPlan(
        "prod/reports-db",
        (moment("2025-12-03T04:00"),),
        goes_on=True,
        denied=(moment("2026-07-05T12:00"), moment("2026-07-06T12:00")),
    ),
    SecretPlan("rds!cluster-billing", (moment("2024-09-01T04:00"),), every=7, goes_on=True, service="rds"),
    SecretPlan("staging/load-test", (moment("2025-02-01T09:00"),), rotation=OFF, deleted=moment("2026-07-20T09:00")),
)
#: (name, type, first made, days between changes, until)
PARAMETERS = (
    ("/prod/mail/api-token", "SecureString", moment("2026-01-10T09:00"), 60, None),
    ("/prod/web/page-size", "String", moment("2025-10-10T09:00"), 9999, None),
    ("/prod/warehouse/db-password", "String", moment("2026-06-20T09:00"), 9999, moment("2026-07-04T12:00")),
)
APPROVED = moment("2026-07-05T09:00")
RENEWED = moment("2026-07-04T09:00")
MANAGER, NO_MANAGER = "secrets_manager", "ci_variable"


def registered(now: datetime) -> list[dict[str, Any]]:
    """Lines of the register of secrets."""
    return [
        {
            "secret_ref": "prod/stripe-api-key",
            "location": MANAGER,
            "owner_id": "E1007",
            "rotation_days": 180,
            "rotation_mode": "manual",
            "exempt_approver": "E1003",
        },
        {"secret_ref": "prod/search-token", "location": MANAGER, "owner_id": "E1007", "leak_alert": "acme/mobile#3"},
        {
            "secret_ref": "prod/partner-key",
            "location": MANAGER,
            "owner_id": "E1007",
            "exempt_reason": "The partner changes it once a year",
            "exempt_approver": "E1003" if now >= APPROVED else None,
        },
        {
            "secret_ref": "prod/root-ca",
            "location": MANAGER,
            "owner_id": "E1008",
            "exempt_reason": "Rotated with the certificate authority in 2028",
            "exempt_approver": "E1003",
        },
        {
            "secret_ref": "sendgrid-api-key",
            "location": NO_MANAGER,
            "owner_id": "E1014",
            "rotation_days": 365,
            "rotation_mode": "manual",
            "last_rotated_at": "2026-05-15",
            "evidence_uri": "https://wiki.acme.example/secrets/sendgrid-2026",
            "exempt_approver": "E1003",
        },
        {
            "secret_ref": "bank-sftp-key",
            "location": "vault",
            "owner_id": "E1017",
            "rotation_days": 120,
            "rotation_mode": "manual",
            "last_rotated_at": "2026-07-04" if now >= RENEWED else "2026-02-01",
            "evidence_uri": "https://wiki.acme.example/secrets/bank-sftp",
            "exempt_approver": "E1003",
        },
    ]


def denied(now: datetime) -> list[str]:
    """Requests for versions of secrets that the reader is not allowed to see at ``now``."""
    hidden = [plan for plan in SECRETS if plan.denied and plan.denied[0] <= now < plan.denied[1]]
    return [f"ListSecretVersionIds .*{plan.name}" for plan in hidden]


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Make moto's secrets and parameters what they are at ``now``."""
    for region in (HOME, EUROPE):
        held = cloud.backend("secretsmanager", region).secrets
        held.clear()
        for plan in SECRETS:
            if plan.made[0] <= now and region in (HOME, plan.replica):
                held[plan.name] = SimpleNamespace(
                    name=plan.name,
                    arn=plan.arn(region),
                    to_dict=partial(plan.record, now, region),
                    acme_versions=plan.versions(now),
                )
    parameters = cloud.backend("ssm")._parameters
    parameters.clear()
    for name, kind, first, days, until in PARAMETERS:
        if first <= now and (until is None or now < until):
            parameters[name] = [_parameter(name, kind, newest(first, days, now))]


def _parameter(name: str, kind: str, modified: datetime) -> Any:
    shown = {
        "Name": name,
        "ARN": f"arn:aws:ssm:{HOME}:{ACCOUNT_ID}:parameter{name}",
        "Type": kind,
        "LastModifiedDate": modified.replace(tzinfo=None),
        "Version": 1,
        "Tier": "Standard",
        "DataType": "text",
        **({"KeyId": "alias/aws/ssm"} if kind == "SecureString" else {}),
    }
    return SimpleNamespace(name=name, describe_response_object=lambda *_: shown)


def fill() -> None:
    """moto makes every version of a secret now, whenever it is asked."""
    from moto.secretsmanager.models import SecretsManagerBackend

    def list_secret_version_ids(self: Any, secret_id: str) -> str:
        secret: Any = self.secrets[secret_id]
        return json.dumps({"ARN": secret.arn, "Name": secret.name, "Versions": secret.acme_versions})

    SecretsManagerBackend.list_secret_version_ids = list_secret_version_ids  # type: ignore[method-assign]
