"""The rules of a decision, whichever way it comes: nobody on themselves, and a reason where one is owed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from soc2_warehouse.reviews import published
from soc2_warehouse.reviews.campaign import DECISIONS, Campaign, Decision, Line, ReviewProblem, text, writing
from soc2_warehouse.reviews.published import People
from soc2_warehouse.settings import Settings


@dataclass(frozen=True)
class Choice:
    """An answer to a line. by: references of who decides, the first known one counts. shown: ``Line.shown`` of the
    line that was answered; None where the printed columns say it.
    """

    line_no: int
    decision: str
    by: tuple[str, ...]
    reason: str = ""
    removed_permissions: tuple[str, ...] = ()
    shown: str | None = None


class Refused(ReviewProblem):
    """An answer does not count. column: the field to mend, as the register names it."""

    def __init__(self, column: str, told: str) -> None:
        super().__init__(told)
        self.column = column


def admitted(
    campaign: Campaign,
    choice: Choice,
    people: People,
    at: datetime,
    way: str,
    begun_at: str | None = None,
    entered_by: str | None = None,
) -> tuple[Line, Decision]:
    """The decision that an answer makes. Raises Refused."""
    line = campaign.line(choice.line_no)
    if choice.shown not in (None, line.shown):
        raise Refused("line_no", "the review was renewed since this was asked, and shows the line in another way")
    _check_decision(line, choice)
    try:
        person = people.find(*choice.by)
    except ReviewProblem as problem:
        raise Refused("decided_by", str(problem)) from None
    if not person.works:
        raise Refused("decided_by", f"{person.name} has left")
    if person.key not in {people.key(ref) for ref in campaign.deciders}:
        raise Refused(
            "decided_by",
            f"{person.name} does not review {campaign.facts['system_id']}; {' or '.join(campaign.deciders)} does",
        )
    if person.key in (line.person_key, line.owner_key):
        others = [ref for ref in campaign.deciders if people.key(ref) != person.key]
        raise Refused(
            "decided_by",
            f"nobody reviews themselves: the account is {person.name}'s; {' or '.join(others) or 'a deputy'} decides",
        )
    made = Decision(
        decision=choice.decision,
        by=person.ref,
        decided_at=text(at),
        reason=choice.reason.strip() or None,
        removed_permissions=choice.removed_permissions,
        begun_at=begun_at,
        way=way,
        entered_by=entered_by,
    )
    return line, made


def _check_decision(line: Line, choice: Choice) -> None:
    if choice.decision not in DECISIONS:
        raise Refused("decision", f"{choice.decision!r} is no decision; write one of {', '.join(DECISIONS)}")
    if not choice.reason.strip():
        if choice.decision == "confirm" and (line.status, line.action_required) != ("active", "confirm"):
            told = f"the line is {line.status} and proposes to {line.action_required}: say why it is confirmed"
            raise Refused("reason", told)
        if not line.permissions:
            raise Refused("reason", "the account holds no permissions of its own: say what it is for")
    removed = choice.removed_permissions
    if choice.decision == "modify":
        if not removed:
            raise Refused("removed_permissions", "a decision to modify names the permissions that go")
        if unknown := sorted(set(removed) - set(line.permissions)):
            raise Refused(
                "removed_permissions",
                f"the account does not hold {', '.join(unknown)}; it holds {'; '.join(line.permissions) or 'nothing'}",
            )
    elif removed:
        raise Refused(
            "removed_permissions",
            f"only a decision to modify takes single permissions away; {choice.decision!r} does not",
        )


def event(line: Line, made: Decision) -> dict[str, object]:
    return {
        "event": "decided",
        "line_no": line.line_no,
        "source_id": line.source_id,
        "account_id": line.account_id,
        **vars(made),
        "removed_permissions": list(made.removed_permissions),
    }


def decide(settings: Settings, review_id: str, choice: Choice, at: datetime, way: str) -> Decision:
    """Decide one line. Raises Refused, with the refusal on record, or ReviewProblem."""
    with published.reading(settings) as connection:
        people = published.people(connection)
    with writing(settings, review_id) as campaign:
        if campaign.closed:
            raise ReviewProblem(f"{review_id} was closed at {campaign.closed['at']}; what is signed stays")
        try:
            line, made = admitted(campaign, choice, people, at, way)
        except Refused as refused:
            campaign.add(
                {
                    "event": "refused",
                    "by": ", ".join(choice.by),
                    "line_no": choice.line_no,
                    "decision": choice.decision,
                    "why": str(refused),
                },
                at=at,
            )
            raise
        campaign.add(event(line, made), at=at)
        return made


def last_refusal(campaign: Campaign, line_no: int) -> str | None:
    """Why the newest answer to a line did not count; None when it did, or when there was none."""
    told = [event for event in campaign.events if event.get("line_no") == line_no]
    return str(told[-1]["why"]) if told and told[-1]["event"] == "refused" else None
