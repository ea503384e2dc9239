"""The rules of the sandbox company's SIEM, and how they changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from soc2_warehouse.sandbox.rhythm import moment

ANALYST = "emily.clark@acme.example"


@dataclass(frozen=True)
class Rule:
    """A rule of the SIEM from a moment on; the newest one counts. ``change``: the pull request that brought it."""

    rule_id: str
    since: str
    operator: str | None = None
    threshold: int | None = None
    window: int | None = None
    window_type: str | None = None
    group_by: str | None = None
    severity: str = "high"
    actions: tuple[str, ...] = ()
    schedule: str | None = None
    enabled: bool = True
    change: str | None = None
    by: str = ANALYST


LOCK = ("lock_account", "notify_security")
OUTSIDE = "09:00-17:00 Mon-Fri America/New_York"
RULES = (
    Rule("failed_login", "2025-11-10T10:00", ">", 5, 300, "sliding", "user", actions=LOCK),
    # Saved again by hand, as it was: RULE_CHANGED_UNREVIEWED (AL-01).
    Rule("failed_login", "2026-07-02T10:00", ">", 5, 300, "sliding", "user", actions=LOCK),
    # Also at exactly a hundred: RULE_DRIFT until it was corrected by a reviewed change.
    Rule("pii_access", "2025-11-10T10:00", ">=", 100, 3600, "sliding", "user", "medium", ("alert_security_review",)),
    Rule(
        *("pii_access", "2026-07-03T10:00", ">", 100, 3600, "sliding", "user", "medium", ("alert_security_review",)),
        change="acme/infra#121",
    ),
    Rule(
        "deploy_hours",
        "2025-11-10T10:00",
        severity="low",
        actions=("log", "weekly_security_standup_review"),
        schedule="09:00-17:00 Mon-Fri EST",
    ),
    Rule(
        "deploy_hours",
        "2026-07-04T10:00",
        severity="low",
        actions=("log", "weekly_security_standup_review"),
        schedule=OUTSIDE,
        change="acme/infra#121",
    ),
    # RULE_DISABLED for two days.
    Rule("root_use", "2025-11-10T10:00", ">", 0, 60, "sliding", "account", actions=("notify_security",)),
    Rule(
        "root_use",
        "2026-07-01T10:00",
        ">",
        0,
        60,
        "sliding",
        "account",
        actions=("notify_security",),
        enabled=False,
        change="acme/infra#121",
    ),
    Rule(
        "root_use",
        "2026-07-03T10:00",
        ">",
        0,
        60,
        "sliding",
        "account",
        actions=("notify_security",),
        change="acme/infra#121",
    ),
    # RULE_MISSING until it is deployed, by a change that nobody can find.
    Rule(
        "trail_stopped",
        "2026-07-03T12:00",
        ">",
        0,
        60,
        "sliding",
        "account",
        "critical",
        ("notify_security",),
        change="acme/infra#99999",
    ),
)
SUPPRESSIONS = (
    Rule("quiet_scanner", "2026-02-02T10:00", severity="low", actions=("close",), change="acme/infra#105"),
    Rule("quiet_office", "2026-02-03T10:00", severity="low", actions=("close",)),
)


def standing(now: datetime) -> Iterator[dict[str, Any]]:
    """Every rule as its export shows it at ``now``."""
    current = {rule.rule_id: rule for rule in RULES + SUPPRESSIONS if moment(rule.since) <= now}
    yield from map(_rule, current.values())


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "rule_id": rule.rule_id,
        "enabled": rule.enabled,
        "query": f"saved search {rule.rule_id}",
        "operator": rule.operator,
        "threshold": rule.threshold,
        "window_seconds": rule.window,
        "window_type": rule.window_type,
        "group_by": rule.group_by,
        "schedule": rule.schedule,
        "severity": rule.severity,
        "actions": list(rule.actions),
        "updated_at": moment(rule.since).isoformat(),
        "updated_by": rule.by,
        "change_ref": rule.change,
    }
