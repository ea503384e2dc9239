"""Policies of the sandbox's keys that say more than moto's, which delegates to IAM."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import HOME, Cloud, moment
from soc2_warehouse.sandbox.aws.keys import BY_NAME
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID

RANK = 2
PARTNER = "210987654321"
PARTNER_LEFT = moment("2026-07-04T10:00")
ADMINISTER = ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey"]
USE = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"]


def _allow(principal: Any, actions: Any, **condition: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*", **condition}


def _role(name: str) -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"}


ROOT = _allow({"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}, "kms:*")
POLICIES: dict[str, list[dict[str, Any]]] = {
    # Another account as a whole may decrypt, until the partner left.
    "customer-data": [_allow({"AWS": f"arn:aws:iam::{PARTNER}:root"}, "kms:Decrypt")],
    # One role for everything.
    "payments-db": [_allow(_role("payments-operator"), "kms:*")],
    "ledger-db": [_allow(_role("key-admin"), ADMINISTER), _allow(_role("ledger-api"), USE)],
    # Everybody, and only from this account and through DynamoDB.
    "card-tokens": [
        _allow(
            {"AWS": "*"},
            USE,
            Condition={
                "StringEquals": {
                    "kms:CallerAccount": ACCOUNT_ID,
                    "kms:ViaService": f"dynamodb.{HOME}.amazonaws.com",
                }
            },
        )
    ],
}


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Give these keys their policies."""
    held = cloud.backend("kms", HOME).keys
    for name, more in POLICIES.items():
        statements = [ROOT] if name == "customer-data" and now >= PARTNER_LEFT else [ROOT, *more]
        held[BY_NAME[name, HOME].key_id].policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
