"""Reviews of this home as rows of the registers ``access_reviews`` and ``access_review_lines``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from soc2_warehouse.reviews.campaign import Campaign, Line, names

REGISTERS = ("access_reviews", "access_review_lines")


def held(folder: Path) -> Iterator[Campaign]:
    """Every review in the folder ``reviews`` of a home. Raises ReviewProblem for one that was tampered with."""
    for name in names(folder):
        yield Campaign(folder / name)


def rows(register: str, campaign: Campaign) -> Iterator[dict[str, Any]]:
    """The rows of one review, with every column of the register."""
    if register == "access_reviews":
        yield _review(campaign)
    else:
        yield from (_line(campaign, line) for line in campaign.lines)


def _review(campaign: Campaign) -> dict[str, Any]:
    closed, successor = campaign.closed or {}, campaign.successor or {}
    return {
        "review_id": campaign.review_id,
        "review_period": campaign.facts["review_period"],
        "system_id": campaign.facts["system_id"],
        "reviewer_id": campaign.facts["reviewer"],
        "snapshot_at": campaign.facts["snapshot_at"],
        "due_date": campaign.facts["due_date"],
        "completed_at": closed.get("completed_at"),
        "signed_by": closed.get("by"),
        "signed_at": closed.get("at"),
        "report_sha256": closed.get("report_sha256"),
        "reassigned_to": successor.get("to"),
        "reassigned_at": successor.get("at"),
    }


def _line(campaign: Campaign, line: Line) -> dict[str, Any]:
    made = campaign.decisions.get(line.account)
    return {
        "review_id": campaign.review_id,
        "line_no": str(line.line_no),
        "source_id": line.source_id,
        "account_id": line.account_id,
        "name": line.name,
        "role": line.role,
        "last_login": line.last_login,
        "permissions": list(line.permissions),
        "status": line.status,
        "action_required": line.action_required,
        "decision": made.decision if made else None,
        "removed_permissions": list(made.removed_permissions) or None if made else None,
        "decided_by": made.by if made else None,
        "decided_at": made.decided_at if made else None,
        "reason": made.reason if made else None,
        "begun_at": made.begun_at if made else None,
    }
