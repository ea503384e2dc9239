"""Secret scanning alerts of the sandbox's GitHub, and which repositories it scans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from soc2_warehouse.sandbox.aws.cloud import moment
from soc2_warehouse.sandbox.github.model import BEGINNING

#: Nobody switched scanning on for these before then.
NOT_SCANNED_UNTIL = {"sandbox-tools": moment("2026-07-03T09:00")}


@dataclass(frozen=True)
class Alert:
    """One alert. ``closed``: when it was resolved and how; the secret is no longer valid from then on if it was
    revoked and GitHub can tell.
    """

    repo: str
    number: int
    secret_type: str
    created_at: datetime
    validity: str
    closed: tuple[datetime, str] | None = None


ALERTS: tuple[Alert, ...] = (
    Alert(
        "ledger-api",
        1,
        "slack_api_token",
        moment("2026-06-29T10:00"),
        "active",
        (moment("2026-07-02T15:00"), "revoked"),
    ),
    Alert(
        "payments",
        2,
        "stripe_test_secret_key",
        moment("2026-06-27T12:00"),
        "unknown",
        (moment("2026-07-06T09:00"), "false_positive"),
    ),
    # Closed as revoked, and the secret in the manager is still the one of 2024.
    Alert(
        "mobile",
        3,
        "elastic_search_token",
        moment("2026-06-18T08:00"),
        "unknown",
        (moment("2026-06-20T10:00"), "revoked"),
    ),
    Alert(
        "reports",
        4,
        "sendgrid_api_key",
        moment("2026-06-10T09:00"),
        "inactive",
        (moment("2026-07-08T09:00"), "revoked"),
    ),
)


def scanned(repo: str, now: datetime) -> bool:
    return now >= NOT_SCANNED_UNTIL.get(repo, BEGINNING)


def shown(now: datetime) -> list[Alert]:
    """Alerts there are, newest first."""
    return sorted((alert for alert in ALERTS if alert.created_at <= now), key=lambda a: a.created_at, reverse=True)


def resolved(alert: Alert, now: datetime) -> tuple[datetime, str] | None:
    return alert.closed if alert.closed and alert.closed[0] <= now else None


def validity(alert: Alert, now: datetime) -> str:
    """What GitHub's own check says: an active secret is inactive once it was revoked."""
    closed = resolved(alert, now)
    return "inactive" if closed and closed[1] == "revoked" and alert.validity == "active" else alert.validity
