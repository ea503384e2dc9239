"""Exceptions as they stand after the newest night, and what became of the register's decisions about them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from soc2_warehouse import ledger
from soc2_warehouse.evidence.decisions import Decision
from soc2_warehouse.evidence.exceptions import CLOSED, OPEN, Exception_
from soc2_warehouse.settings import Settings

SEVERITIES = ("critical", "high", "medium", "low")


class NothingJudged(LookupError):
    """There is no ledger to read."""


@dataclass(frozen=True)
class Standing:
    """One decision of the register on the newest night. effect: what it does, or why it does nothing."""

    decision: Decision
    effect: str
    in_force: bool


@dataclass(frozen=True)
class Listing:
    """as_of: the moment the newest night was judged (UTC, naive). hidden: exceptions that were not asked for."""

    as_of: datetime
    exceptions: tuple[Exception_, ...]
    hidden: int
    decisions: tuple[Standing, ...]

    def overdue(self, item: Exception_) -> bool:
        return item.state == OPEN and item.due_at < self.as_of


def listing(
    settings: Settings, control_id: str | None = None, states: Collection[str] = (), overdue: bool = False
) -> Listing:
    """Exceptions of a control, of these states (default: all that are not closed), or only those past their due date;
    the gravest and the oldest first. Raises NothingJudged.
    """
    judged = ledger.current(ledger.runs(settings.ledger))
    if not judged:
        raise NothingJudged("nothing is judged yet: run a night first")
    history = ledger.history(settings)
    every = [item for known in history.book.exceptions.values() for item in known.values()]
    as_of = ledger.as_of(judged[-1])
    found = Listing(as_of, (), 0, ())
    chosen = [
        item
        for item in every
        if (control_id is None or item.control_id == control_id)
        and (item.state in states if states else item.state not in CLOSED)
        and (not overdue or found.overdue(item))
    ]
    chosen.sort(key=lambda item: (SEVERITIES.index(item.severity), item.due_at, item.control_id, item.entity_key))
    by_id = {item.exception_id: item for item in every}
    standings = tuple(
        _standing(decision, refused, by_id.get(decision.exception_id), as_of) for decision, refused in history.decisions
    )
    return Listing(as_of, tuple(chosen), len(every) - len(chosen), standings)


def _standing(decision: Decision, refused: str | None, about: Exception_ | None, as_of: datetime) -> Standing:
    if refused:
        return Standing(decision, f"no effect: {refused}", False)
    if not decision.in_force(as_of):
        return Standing(decision, "ended" if decision.decided_at <= as_of else "not yet in force", False)
    if about is None or about.state in CLOSED:
        return Standing(decision, "nothing left to decide: withdraw it", True)
    until = f" until {decision.expires_at:%Y-%m-%d}" if decision.expires_at else ""
    return Standing(decision, f"in force{until}", True)
