"""Decisions about exceptions: accepted, mitigated, false positive. An invalid one has no effect, and is listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

ACCEPTED = "accepted"
MITIGATED = "mitigated"
FALSE_POSITIVE = "false_positive"
KINDS = (ACCEPTED, MITIGATED, FALSE_POSITIVE)
ACCEPTANCE_MAX_DAYS = 365
# A false positive promises a fix of the rule. Without a date of its own the promise ends after this time.
RULE_FIX_DAYS = 90


@dataclass(frozen=True)
class Decision:
    """One row of the register ``exception_decisions``, addressed to one exception. Times are UTC."""

    exception_id: str
    decision: str
    decided_by: str
    owner_id: str | None
    reason: str
    compensating_control: str | None
    decided_at: datetime
    expires_at: datetime | None
    evidence_uri: str | None
    rule_fix_ref: str | None

    def in_force(self, as_of: datetime) -> bool:
        """Decided, and not expired: an acceptance that ends at ``as_of`` has ended."""
        end = self.expires_at
        if end is None and self.decision == FALSE_POSITIVE:
            end = self.decided_at + timedelta(days=RULE_FIX_DAYS)
        return self.decided_at <= as_of and (end is None or as_of < end)


@dataclass(frozen=True)
class Subject:
    """The exception a decision speaks of. persons: person keys of its owner and of the people the entity is about."""

    mode: str
    persons: frozenset[str]


def refusal(decision: Decision, subject: Subject | None, people: Mapping[str, str]) -> str | None:
    """Why a decision has no effect, or None when it is valid.

    subject: None when no such exception was ever seen. people: reference used in registers → person key; an approver
    whom it does not know cannot be shown to be independent.
    """
    if decision.decision not in KINDS:
        return f"decision {decision.decision!r} is none of {', '.join(KINDS)}"
    if subject is None:
        return "no such exception is known: name exception_id, or control_id, entity_key and code"
    approver = people.get(decision.decided_by)
    if approver is None:
        return f"approver {decision.decided_by or '(none)'} is no known person"
    if approver == people.get(decision.owner_id or "", decision.owner_id) or decision.decided_by == decision.owner_id:
        return "the approver owns the exception"
    if approver in subject.persons:
        return "the approver is its owner or subject"
    if not decision.reason.strip():
        return "it gives no reason"
    if decision.decision == ACCEPTED:
        return _refused_acceptance(decision)
    if decision.decision == MITIGATED:
        if subject.mode != "event":
            return "only a past event can be mitigated: repair the state, or accept it"
        return None if decision.evidence_uri else "it names no compensating evidence"
    return None if decision.rule_fix_ref else "it names no fix of the rule and no register entry"


def _refused_acceptance(decision: Decision) -> str | None:
    if not decision.owner_id:
        return "it names no owner"
    if not (decision.compensating_control or "").strip():
        return "it names no compensating control"
    if decision.expires_at is None:
        return "it never expires"
    if decision.expires_at - decision.decided_at > timedelta(days=ACCEPTANCE_MAX_DAYS):
        return f"it runs longer than {ACCEPTANCE_MAX_DAYS} days"
    return None
