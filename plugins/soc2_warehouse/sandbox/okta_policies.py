"""Sign-on policies of the sandbox's identity provider: which rules the applications' policies have at a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from soc2_warehouse.sandbox.rhythm import moment

#: Application -> policy; every other one has the first.
POLICIES = {
    "rstacmedefault": "Any two factors",
    "rstacmecloud": "Cloud",
    "rstacmenetwork": "Private network",
}
APPS = {"Amazon Web Services": "rstacmecloud", "Cloudflare": "rstacmenetwork"}
#: The business group reached the cloud with a password until then: APP_POLICY_SINGLE_FACTOR (AC-02).
TIGHTENED = moment("2026-07-03T15:00")
BUSINESS = "00gacme0000000business"[:20]


def policy_of(label: str) -> str:
    return APPS.get(label, "rstacmedefault")


def rules(policy: str, now: datetime) -> list[dict[str, Any]]:
    """Rules in order of priority. A permissive rule below a strict one for everybody lets nobody in (network)."""
    found = [_rule(policy, "Catch-all Rule", 99, "1FA" if policy == "rstacmenetwork" else "2FA")]
    if policy == "rstacmenetwork":
        found.insert(0, _rule(policy, "Everybody", 1, "2FA"))
    if policy == "rstacmecloud" and now < TIGHTENED:
        found.insert(0, _rule(policy, "Reports for business", 1, "1FA", [BUSINESS]))
    return found


def _rule(policy: str, name: str, priority: int, factors: str, groups: list[str] | None = None) -> dict[str, Any]:
    return {
        "id": f"rul{policy[7:]}{priority}",
        "name": name,
        "status": "ACTIVE",
        "type": "ACCESS_POLICY",
        "priority": priority,
        "system": priority == 99,
        "conditions": {"people": {"groups": {"include": groups}}, "network": {"connection": "ANYWHERE"}}
        if groups
        else None,
        "actions": {
            "appSignOn": {"access": "ALLOW", "verificationMethod": {"factorMode": factors, "type": "ASSURANCE"}}
        },
    }
