"""The life of an exception, from the first night that shows it to its repair: pure functions over judged nights.

An exception is one code on one entity of one control; its id is a hash of the three, so the same finding keeps its id
for ever. Its state is a fold over the newest judgement of each logical day, in order of days: judging a day again
replaces what that day contributed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from soc2_warehouse.evidence.decisions import Decision

DUE_DAYS = {"critical": 7, "high": 30, "medium": 60, "low": 90}
OPEN = "open"
REMEDIATED = "remediated"
REMOVED = "closed_entity_removed"
CLOSED = frozenset({REMEDIATED, REMOVED})


def exception_id(control_id: str, entity_key: str, code: str) -> str:
    """sha256 of the three parts joined by ``|``, hex."""
    return hashlib.sha256(f"{control_id}|{entity_key}|{code}".encode()).hexdigest()


@dataclass(frozen=True)
class Row:
    """An evaluated row as far as the life cycle needs it. codes: its deviation codes only."""

    entity_key: str
    entity_name: str
    owner_key: str | None
    result: str
    codes: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class ControlNight:
    """What one judgement says of one control.

    evaluated: sources were usable and the logic ran; otherwise nothing may be closed or re-dated.
    complete: an independent count agreed with the population; None when the control has no such check.
    rows: entity key → row, at least those with an exception and those of known exceptions.
    """

    control_id: str
    run_id: str
    day: date
    as_of: datetime
    evaluated: bool
    mode: str
    complete: bool | None
    severities: Mapping[str, str]
    rows: Mapping[str, Row] = field(default_factory=dict)


@dataclass(frozen=True)
class Exception_:
    """An exception and where it stands. Times are the ``as_of`` of judged days, UTC.

    opened_at: start of the present interval (first_seen_at, until it comes back after repair).
    due_at: opened_at plus 7, 30, 60 or 90 days by severity.
    occurrence_count: number of open intervals.
    """

    exception_id: str
    control_id: str
    entity_key: str
    entity_name: str
    code: str
    severity: str
    owner_key: str | None
    reason: str
    state: str
    first_seen_at: datetime
    opened_at: datetime
    last_seen_at: datetime
    due_at: datetime
    occurrence_count: int
    last_run_id: str
    remediated_at: datetime | None = None
    closed_at: datetime | None = None
    decision: Decision | None = None
    events: int = 0


@dataclass(frozen=True)
class Event:
    """A change of state. by: ``warehouse``, or the person whose decision it was."""

    exception_id: str
    seq: int
    control_id: str
    entity_key: str
    code: str
    from_state: str | None
    to_state: str
    at: datetime
    by: str
    reason: str
    run_id: str


Ledger = dict[str, Exception_]
Move = Callable[[Exception_ | None, Exception_, str, str], None]


def advance(
    known: Mapping[str, Exception_], night: ControlNight, decisions: Mapping[str, Decision]
) -> tuple[Ledger, list[Event]]:
    """One control's exceptions after one judged night.

    known: its exceptions before (id → exception). decisions: the valid ones in force at ``night.as_of``, by exception.
    """
    after: Ledger = dict(known)
    events: list[Event] = []

    def move(before: Exception_ | None, now: Exception_, by: str, reason: str) -> None:
        if before is None or before.state != now.state:
            now = replace(now, events=now.events + 1)
            origin = before.state if before else None
            place = (now.exception_id, now.events, now.control_id, now.entity_key, now.code)
            events.append(Event(*place, origin, now.state, night.as_of, by, reason, night.run_id))
        after[now.exception_id] = now

    raised: set[str] = set()
    if night.evaluated:
        for row in sorted(night.rows.values(), key=lambda row: row.entity_key):
            for code in row.codes if row.result == "exception" else ():
                identity = exception_id(night.control_id, row.entity_key, code)
                raised.add(identity)
                before = known.get(identity)
                seen = _seen(before, identity, code, row, night)
                if before is None or before.state in CLOSED:
                    move(before, replace(seen, state=OPEN), "warehouse", row.reason)
                    before = after[identity]
                    seen = replace(seen, events=before.events)
                _decide(before, seen, decisions.get(identity), move)
    for identity, before in known.items():
        if identity in raised or before.state in CLOSED:
            continue
        decision = decisions.get(identity)
        closed = _closing(before, night, decision)
        if closed:
            state, reason = closed
            ended = replace(
                before,
                state=state,
                closed_at=night.as_of,
                remediated_at=night.as_of if state == REMEDIATED else None,
                decision=None,
                last_run_id=night.run_id,
            )
            move(before, ended, "warehouse", reason)
        else:
            _decide(before, before, decision, move)
    return after, events


def _seen(before: Exception_ | None, identity: str, code: str, row: Row, night: ControlNight) -> Exception_:
    """The exception as tonight's row shows it, in its present interval or a new one."""
    severity = night.severities[code]
    fresh = before is None or before.state in CLOSED
    opened_at = night.as_of if before is None or fresh else before.opened_at
    return Exception_(
        exception_id=identity,
        control_id=night.control_id,
        entity_key=row.entity_key,
        entity_name=row.entity_name,
        code=code,
        severity=severity,
        owner_key=row.owner_key,
        reason=row.reason,
        state=OPEN if before is None or fresh else before.state,
        first_seen_at=before.first_seen_at if before else night.as_of,
        opened_at=opened_at,
        last_seen_at=night.as_of,
        due_at=opened_at + timedelta(days=DUE_DAYS[severity]),
        occurrence_count=(before.occurrence_count if before else 0) + int(fresh),
        last_run_id=night.run_id,
        events=before.events if before else 0,
        decision=before.decision if before and not fresh else None,
    )


def _decide(before: Exception_, now: Exception_, decision: Decision | None, move: Move) -> None:
    """Apply the decision in force, or withdraw one that is not any more: the same id opens again."""
    if decision:
        move(before, replace(now, state=decision.decision, decision=decision), decision.decided_by, decision.reason)
    elif before.state != OPEN:
        move(before, replace(now, state=OPEN, decision=None), "warehouse", f"{before.state} is no longer in force")
    else:
        move(before, replace(now, state=OPEN), "warehouse", now.reason)


def _closing(before: Exception_, night: ControlNight, decision: Decision | None) -> tuple[str, str] | None:
    """Whether a night that did not raise the exception proves its end, and how."""
    if not night.evaluated:
        return None
    row = night.rows.get(before.entity_key)
    if row is None:
        # Absence alone may be a truncated list. Only a state (not a past event) can end by removal, and only when an
        # independent count agrees with the population it is missing from.
        if night.mode == "snapshot" and night.complete:
            return REMOVED, "no longer in the population, which agrees with its independent count"
        return None
    if row.result == "excluded":
        return REMOVED, f"excluded from the population: {row.reason}"
    if row.result == "pass" or row.result == "exception":
        if decision and decision.decision == "mitigated":
            return None  # the past does not change: evidence mitigates it, nothing repairs it
        shown = "the entity passes" if row.result == "pass" else f"{before.code} no longer applies"
        return REMEDIATED, f"{shown}: {row.reason}"
    return None
