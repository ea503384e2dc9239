"""The life of an exception: what opens, keeps, closes and reopens it, and what must not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from soc2_warehouse.evidence.decisions import Decision, Subject, refusal
from soc2_warehouse.evidence.exceptions import ControlNight, Event, Exception_, Row, advance, exception_id
from soc2_warehouse.evidence.history import in_force

START = datetime(2026, 7, 1, 2)
ID = exception_id("AC-03", "okta|00u1", "STALE")


def row(result: str = "exception", codes: Iterable[str] = ("STALE",), key: str = "okta|00u1") -> Row:
    return Row(key, key, "hris:1", result, tuple(codes) if result == "exception" else (), f"it is {result}")


def night(number: int, *rows: Row, **changes: object) -> ControlNight:
    as_of = START + timedelta(days=number)
    base = ControlNight(
        "AC-03",
        f"run-{number}",
        as_of.date(),
        as_of,
        True,
        "snapshot",
        True,
        {"STALE": "medium", "OTHER": "critical"},
        {item.entity_key: item for item in rows},
    )
    return replace(base, **changes)  # type: ignore[arg-type]


class Story:
    """Nights one after another."""

    def __init__(self) -> None:
        self.known: dict[str, Exception_] = {}
        self.events: list[Event] = []

    def then(self, what: ControlNight, *decisions: Decision) -> Exception_:
        forces = in_force(((decision, None) for decision in decisions), what.as_of)
        self.known, events = advance(self.known, what, forces)
        self.events += events
        return self.known[ID]

    @property
    def moves(self) -> list[tuple[str | None, str]]:
        return [(event.from_state, event.to_state) for event in self.events]


def decision(kind: str = "accepted", **changes: object) -> Decision:
    base = Decision(
        exception_id=ID,
        decision=kind,
        decided_by="E2",
        owner_id="E1",
        reason="replaced next month",
        compensating_control="alerts",
        decided_at=START,
        expires_at=START + timedelta(days=10),
        evidence_uri="https://evidence.example/1",
        rule_fix_ref="PR 7",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def test_identity_is_the_hash_of_control_entity_and_code() -> None:
    assert hashlib.sha256(b"AC-03|okta|00u1|STALE").hexdigest() == ID


def test_opens_with_a_due_date_by_severity_of_the_code() -> None:
    story = Story()
    found = story.then(night(0, row()))
    assert (found.state, found.first_seen_at, found.occurrence_count) == ("open", START, 1)
    assert found.due_at == START + timedelta(days=60)
    other = Story()
    other.then(night(0, row(codes=("STALE", "OTHER"))))
    critical = other.known[exception_id("AC-03", "okta|00u1", "OTHER")]
    assert critical.due_at == START + timedelta(days=7)


def test_remediated_when_the_entity_passes_and_reopens_with_the_same_id() -> None:
    story = Story()
    story.then(night(0, row()))
    fixed = story.then(night(1, row("pass")))
    assert (fixed.state, fixed.remediated_at, fixed.last_seen_at) == ("remediated", START + timedelta(days=1), START)
    again = story.then(night(2, row()))
    assert (again.state, again.occurrence_count, again.first_seen_at) == ("open", 2, START)
    assert again.remediated_at is None and again.opened_at == START + timedelta(days=2)
    assert story.moves == [(None, "open"), ("open", "remediated"), ("remediated", "open")]
    assert [event.seq for event in story.events] == [1, 2, 3]


def test_another_code_on_the_entity_closes_only_the_one_that_is_gone() -> None:
    story = Story()
    story.then(night(0, row()))
    assert story.then(night(1, row(codes=("OTHER",)))).state == "remediated"
    assert story.known[exception_id("AC-03", "okta|00u1", "OTHER")].state == "open"


@pytest.mark.parametrize("result", ["unknown", "pending"])
def test_a_row_that_cannot_be_judged_proves_nothing(result: str) -> None:
    story = Story()
    story.then(night(0, row()))
    after = story.then(night(1, row(result)))
    assert (after.state, after.last_seen_at) == ("open", START)


def test_a_night_without_data_changes_nothing() -> None:
    story = Story()
    first = story.then(night(0, row()))
    assert story.then(night(1, evaluated=False)) == first
    assert story.then(night(2, row("pass"), evaluated=False)) == first
    assert len(story.events) == 1


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "closed_entity_removed"),
        ({"complete": None}, "open"),
        ({"complete": False}, "open"),
        ({"mode": "event"}, "open"),
        ({"mode": "periodic"}, "open"),
        ({"evaluated": False}, "open"),
    ],
)
def test_absence_closes_only_when_an_independent_count_proves_it(changes: dict[str, object], state: str) -> None:
    story = Story()
    story.then(night(0, row()))
    assert story.then(night(1, row(key="okta|00u2"), **changes)).state == state


def test_a_named_exclusion_removes_the_entity() -> None:
    story = Story()
    story.then(night(0, row()))
    assert story.then(night(1, row("excluded"))).state == "closed_entity_removed"
    assert story.then(night(2, row())).occurrence_count == 2


def test_acceptance_holds_until_it_expires_and_then_the_same_id_is_open() -> None:
    story = Story()
    story.then(night(0, row()))
    assert story.then(night(1, row()), decision()).state == "accepted"
    assert story.then(night(9, row()), decision()).state == "accepted"
    assert story.then(night(10, row()), decision()).state == "open"
    assert story.known[ID].occurrence_count == 1
    assert story.moves[-1] == ("accepted", "open")


def test_acceptance_ends_also_on_a_night_without_data() -> None:
    story = Story()
    story.then(night(0, row()), decision())
    ended = story.then(night(10, evaluated=False), decision())
    assert (ended.state, ended.last_seen_at) == ("open", START)


def test_acceptance_does_not_hide_the_repair_or_a_withdrawal() -> None:
    story = Story()
    assert story.then(night(0, row()), decision()).state == "accepted"
    assert story.then(night(1, row("pass")), decision()).state == "remediated"
    other = Story()
    other.then(night(0, row()), decision())
    assert other.then(night(1, row())).state == "open"


def test_a_mitigated_event_stays_mitigated_because_the_past_does_not_change() -> None:
    story = Story()
    mitigated = decision("mitigated", expires_at=None)
    story.then(night(0, row(), mode="event"), mitigated)
    assert story.then(night(1, row("pass"), mode="event"), mitigated).state == "mitigated"
    assert story.then(night(2, row(), mode="event")).state == "open"


def test_a_false_positive_returns_when_the_rule_still_raises_it_after_the_fix_date() -> None:
    story = Story()
    marked = decision("false_positive", expires_at=None)
    assert story.then(night(0, row()), marked).state == "false_positive"
    assert story.then(night(89, row()), marked).state == "false_positive"
    assert story.then(night(90, row()), marked).state == "open"


def test_a_later_decision_replaces_an_earlier_one() -> None:
    story = Story()
    later = decision("false_positive", decided_at=START + timedelta(hours=-1))
    assert story.then(night(0, row()), decision(), later).state == "accepted"
    assert story.then(night(1, row()), decision(), replace(later, decided_at=START + timedelta(hours=5))).state == (
        "false_positive"
    )


def test_a_decision_that_lies_ahead_has_no_effect_yet() -> None:
    story = Story()
    assert story.then(night(0, row()), decision(decided_at=START + timedelta(minutes=1))).state == "open"


PEOPLE = {"E1": "hris:1", "E2": "hris:2", "C1": "hris:1"}
SUBJECT = Subject("snapshot", frozenset({"hris:1"}))
EVENT = Subject("event", frozenset({"hris:1"}))


@pytest.mark.parametrize(
    ("given", "subject", "says"),
    [
        (decision(), SUBJECT, None),
        (decision(), None, "no such exception"),
        (decision("ignored"), SUBJECT, "none of"),
        (decision(decided_by="E9"), SUBJECT, "no known person"),
        (decision(decided_by=""), SUBJECT, "no known person"),
        (decision(decided_by="E1"), SUBJECT, "owns"),
        (decision(decided_by="C1"), SUBJECT, "owns"),
        (decision(owner_id="E3"), Subject("snapshot", frozenset({"hris:2"})), "owner or subject"),
        (decision(reason=" "), SUBJECT, "no reason"),
        (decision(owner_id=None), SUBJECT, "no owner"),
        (decision(compensating_control=None), SUBJECT, "no compensating control"),
        (decision(expires_at=None), SUBJECT, "never expires"),
        (decision(expires_at=START + timedelta(days=365)), SUBJECT, None),
        (decision(expires_at=START + timedelta(days=365, seconds=1)), SUBJECT, "longer than 365"),
        (decision("mitigated"), EVENT, None),
        (decision("mitigated"), SUBJECT, "only a past event"),
        (decision("mitigated", evidence_uri=None), EVENT, "no compensating evidence"),
        (decision("false_positive"), SUBJECT, None),
        (decision("false_positive", rule_fix_ref=None), SUBJECT, "no fix"),
    ],
)
def test_invalid_decisions_are_refused_with_a_reason(
    given: Decision, subject: Subject | None, says: str | None
) -> None:
    found = refusal(given, subject, PEOPLE)
    assert found is None if says is None else found is not None and says in found


def test_a_refused_decision_has_no_effect() -> None:
    assert in_force([(decision(), "the approver owns the exception")], START) == {}


def test_days_of_nights() -> None:
    assert night(3).day == date(2026, 7, 4)
