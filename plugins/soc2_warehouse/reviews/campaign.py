"""One access review as it goes on: ``reviews/<review_id>/events.jsonl`` in the home, a file that only grows.

Every line is a JSON object with ``seq``, ``at`` (UTC), ``event``, ``by`` and ``previous``, the SHA-256 of the line
before. What the review is follows from its events:

    opened      period, system, reviewer, deputy, due date, snapshot, its sources, and the lines
    renewed     another snapshot; a decision stays where the line looks as it did
    exported    a spreadsheet was written
    decided     one line; a later decision replaces an earlier one until the review is closed
    refused     an answer that does not count, and why
    reassigned  another reviewer takes over
    closed      signed; SHA-256 of the signed report
"""

from __future__ import annotations

import fcntl
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from soc2_warehouse.clock import Clock, as_of
from soc2_warehouse.evidence import verify_evidence as form
from soc2_warehouse.evidence.lines import append_lines
from soc2_warehouse.settings import Settings

EVENTS = "events.jsonl"
DECISIONS = ("confirm", "revoke", "modify")
#: Where lines are decided: in Airflow's pages, or in a spreadsheet.
PAGES, SPREADSHEET = "airflow", "spreadsheet"
REVIEW_ID = re.compile(r"AR-\d{4}-Q[1-4]-[A-Za-z0-9][A-Za-z0-9._-]*")


class ReviewProblem(ValueError):
    """Something that a person must mend first; the message says what and how."""


@dataclass(frozen=True)
class Line:
    """One account under review, as its snapshot shows it. last_login, left_at: UTC as text, None when there is none.

    left_at: when the last employment or contract of the person ended.
    """

    line_no: int
    source_id: str
    account_id: str
    login: str | None
    person_key: str | None
    owner_key: str | None
    name: str
    role: str
    last_login: str | None
    permissions: tuple[str, ...]
    status: str
    action_required: str
    left_at: str | None = None

    @classmethod
    def of(cls, values: dict[str, Any]) -> Line:
        known = {one.name for one in fields(cls)}
        given = {name: value for name, value in values.items() if name in known}
        return cls(**given | {"permissions": tuple(values["permissions"])})

    @property
    def account(self) -> tuple[str, str]:
        return self.source_id, self.account_id

    @property
    def subject(self) -> tuple[Any, ...]:
        """What a decision is about: on a line that differs in it, the decision does not hold."""
        return self.name, self.role, self.permissions, self.status, self.action_required

    @property
    def shown(self) -> str:
        """A hash of what a page shows of the line: the line of this number may be another one after a renewal."""
        return form.sha256(form.canonical([self.account, self.subject]).encode())


@dataclass(frozen=True)
class Decision:
    """What was decided on a line. by: employee number or contractor id. begun_at: when work began on lines that were
    decided together, None for one that was decided alone. way: ``airflow`` or ``spreadsheet``. Times are UTC as text.
    """

    decision: str
    by: str
    decided_at: str
    reason: str | None
    removed_permissions: tuple[str, ...]
    begun_at: str | None
    way: str
    entered_by: str | None


class Campaign:
    """A review: its events, and what follows from them. Raises ReviewProblem for a file that was tampered with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.head = form.GENESIS
        self.events: list[dict[str, Any]] = []
        self.lines: list[Line] = []
        self.decisions: dict[tuple[str, str], Decision] = {}
        self.facts: dict[str, Any] = {}
        self.successor: dict[str, Any] | None = None
        self.closed: dict[str, Any] | None = None
        content = self.file.read_bytes() if self.file.exists() else b""
        for line in content.split(b"\n")[:-1]:
            self._take(line)

    @property
    def file(self) -> Path:
        return self.folder / EVENTS

    @property
    def review_id(self) -> str:
        return self.folder.name

    @property
    def reviewer(self) -> str:
        """Who must sign."""
        return str(self.successor["to"] if self.successor else self.facts["reviewer"])

    @property
    def deciders(self) -> tuple[str, ...]:
        """Who may decide."""
        return tuple(filter(None, (self.reviewer, self.facts.get("deputy"))))

    @property
    def due_date(self) -> date:
        return date.fromisoformat(self.facts["due_date"])

    @property
    def undecided(self) -> list[Line]:
        return [line for line in self.lines if line.account not in self.decisions]

    def line(self, line_no: int) -> Line:
        """Raises ReviewProblem."""
        found = next((line for line in self.lines if line.line_no == line_no), None)
        if found is None:
            raise ReviewProblem(f"{self.review_id} has no line {line_no}; its lines are 1 to {len(self.lines)}")
        return found

    def add(self, *events: dict[str, Any], at: datetime) -> None:
        """Append events, all or none, on disk when this returns. Under ``writing``."""
        written, head = [], self.head
        for seq, event in enumerate(events, len(self.events) + 1):
            written.append(form.canonical({"seq": seq, "at": text(at), "previous": head, **event}))
            head = form.sha256(written[-1].encode())
        append_lines(self.file, written)
        for line in written:
            self._take(line.encode())

    def _take(self, line: bytes) -> None:
        number = len(self.events) + 1
        try:
            event = json.loads(line)
            is_next = (event["seq"], event["previous"]) == (number, self.head)
        except (ValueError, KeyError, TypeError):
            is_next = False
        if not is_next or form.canonical(event).encode() != line:
            raise ReviewProblem(
                f"{self.file} line {number}: it does not follow from the line before, which has SHA-256 {self.head}; "
                "somebody changed the file: restore it from a backup"
            )
        self.events.append(event)
        self.head = form.sha256(line)
        self._apply(event)

    def _apply(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "opened" | "renewed":
                before = {line.account: line.subject for line in self.lines}
                self.facts |= {name: value for name, value in event.items() if name not in ("lines", "previous")}
                self.lines = [Line.of(values) for values in event["lines"]]
                same = {line.account for line in self.lines if before.get(line.account) == line.subject}
                self.decisions = {account: made for account, made in self.decisions.items() if account in same}
            case "decided":
                made: dict[str, Any] = {one.name: event.get(one.name) for one in fields(Decision)}
                made["removed_permissions"] = tuple(event["removed_permissions"])
                self.decisions[event["source_id"], event["account_id"]] = Decision(**made)
            case "reassigned":
                self.successor = event
                self.facts["deputy"] = event["deputy"]
            case "closed":
                self.closed = event

    def exported_at(self, number: int) -> str | None:
        """When the spreadsheet of this number was written."""
        return next((e["at"] for e in self.events if e["event"] == "exported" and e["seq"] == number), None)


def place(settings: Settings) -> Path:
    return settings.home / "reviews"


def load(settings: Settings, review_id: str) -> Campaign:
    """Raises ReviewProblem when there is no such review."""
    known = names(place(settings))
    if review_id not in known:
        told = f"there are {', '.join(known)}" if known else "none was opened in this home"
        raise ReviewProblem(f"no review {review_id!r}: {told}")
    return Campaign(place(settings) / review_id)


def names(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in folder.glob(f"*/{EVENTS}") if REVIEW_ID.fullmatch(path.parent.name))


@contextmanager
def writing(settings: Settings, review_id: str, is_new: bool = False) -> Iterator[Campaign]:
    """The review, for this block ours alone: two answers at once come one after the other. Raises ReviewProblem."""
    if not REVIEW_ID.fullmatch(review_id):
        raise ReviewProblem(f"{review_id!r} is no review; write one such as AR-2026-Q2-okta")
    folder = place(settings) / review_id
    if is_new:
        folder.mkdir(parents=True, exist_ok=True)
    else:
        load(settings, review_id)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Campaign(folder)


def text(moment: datetime) -> str:
    """UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def now(settings: Settings, answered_at: datetime | None = None) -> datetime:
    """The moment of an action, aware UTC: the wall's, or of ``answered_at``. In a home of the sandbox company it is the
    company's: the day judged last, at the wall's time of day, so that its next night sees what was decided.
    """
    moment = (answered_at or Clock().now()).astimezone(UTC)
    mark = settings.home / ".company"
    if not mark.exists() or mark.read_text() != "the sandbox company":
        return moment
    from soc2_warehouse.reviews import published

    day = published.newest_day(settings)
    company = datetime.combine(day, moment.timetz())
    return company if company > as_of(day, settings.observed_at) else company + timedelta(days=1)
