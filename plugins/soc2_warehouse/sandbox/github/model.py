"""The nouns of the sandbox's GitHub: actors, commits, pull requests, checks, refs.

A whole history is built once; every noun carries the times at which its parts came to be, so that a view of any
moment is a filter over the same objects. Times are aware UTC.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

ZERO = "0" * 40
OWNER = "acme"
ORG_ID = 7001
MINUTE = timedelta(minutes=1)
BEGINNING = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)
ActorKind = Literal["User", "Bot"]


def at(day: date, clock: str) -> datetime:
    """``10:15`` or ``10:15:30`` of a day, UTC."""
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=UTC)


def sha_of(*parts: object) -> str:
    """A commit id that depends on its parts alone."""
    return hashlib.sha1("|".join(map(str, parts)).encode()).hexdigest()


def iso(moment: datetime | None) -> str | None:
    """GitHub's way to write an instant."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


@dataclass(frozen=True)
class Actor:
    """Somebody or something that acts. ``login`` as REST writes it: an app's ends in ``[bot]``."""

    id: int
    login: str
    kind: ActorKind = "User"
    email: str = ""

    @property
    def graphql_login(self) -> str:
        return self.login.removesuffix("[bot]")


@dataclass(frozen=True)
class Commit:
    """A commit; ``authored_at`` and ``committed_at`` are what the client wrote, ``pushed_at`` is when it arrived."""

    sha: str
    parents: tuple[str, ...]
    author: Actor
    committer: Actor
    message: str
    authored_at: datetime
    committed_at: datetime
    pushed_at: datetime
    coauthors: tuple[Actor, ...] = ()
    verified: bool = True


@dataclass
class Review:
    """A review; ``dismissed_at`` turns its state into DISMISSED from then on."""

    id: int
    author: Actor
    state: str
    submitted_at: datetime
    commit: str | None
    dismissed_at: datetime | None = None
    dismissed_by: Actor | None = None

    def state_at(self, now: datetime) -> str:
        return "DISMISSED" if self.dismissed_at and self.dismissed_at <= now else self.state


@dataclass(frozen=True)
class CheckRun:
    """One attempt of a check on a commit; ``conclusion`` is visible from ``completed_at``."""

    id: int
    suite_id: int
    name: str
    sha: str
    app: str
    started_at: datetime
    completed_at: datetime | None
    conclusion: str
    attempt: int = 1


@dataclass(frozen=True)
class Status:
    """A legacy commit status."""

    id: int
    sha: str
    context: str
    state: str
    created_at: datetime
    creator: Actor


@dataclass(frozen=True)
class TimelineEvent:
    """An event of a pull request; ``kind`` is the GraphQL type name."""

    kind: str
    actor: Actor
    at: datetime
    review: Review | None = None
    before: str | None = None
    after: str | None = None
    ref: str | None = None


@dataclass
class Pull:
    """A pull request. ``heads``: (since when, head sha); ``commits``: in order of arrival."""

    repo: str
    number: int
    id: int
    title: str
    author: Actor
    base: str
    head_ref: str
    created_at: datetime
    body: str = ""
    labels: tuple[str, ...] = ()
    draft_until: datetime | None = None
    heads: list[tuple[datetime, str]] = field(default_factory=list)
    commits: list[Commit] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    events: list[TimelineEvent] = field(default_factory=list)
    merged_at: datetime | None = None
    merged_by: Actor | None = None
    merge_sha: str | None = None
    closed_at: datetime | None = None
    auto_merge_by: Actor | None = None
    dropped: dict[str, datetime] = field(default_factory=dict)

    def head(self, now: datetime) -> str:
        return [sha for since, sha in self.heads if since <= now][-1]

    def commits_at(self, now: datetime) -> list[Commit]:
        """Commits on the head branch; a force push takes the replaced ones away."""
        return [c for c in self.commits if c.pushed_at <= now and not self.dropped.get(c.sha, now) < now]

    def reviews_at(self, now: datetime) -> list[Review]:
        return [review for review in self.reviews if review.submitted_at <= now]

    def events_at(self, now: datetime) -> list[TimelineEvent]:
        return sorted((event for event in self.events if event.at <= now), key=lambda event: event.at)

    def merged(self, now: datetime) -> bool:
        return self.merged_at is not None and self.merged_at <= now

    def state(self, now: datetime) -> str:
        if self.merged(now):
            return "MERGED"
        return "CLOSED" if self.closed_at and self.closed_at <= now else "OPEN"

    def updated_at(self, now: datetime) -> datetime:
        times = [self.created_at, *(since for since, _ in self.heads), *(e.at for e in self.events)]
        times += [review.submitted_at for review in self.reviews]
        times += [moment for moment in (self.merged_at, self.closed_at) if moment]
        return max(moment for moment in times if moment <= now)


@dataclass(frozen=True)
class RefUpdate:
    """One entry of a repository's activity."""

    id: int
    ref: str
    before: str
    after: str
    type: str
    actor: Actor
    at: datetime


@dataclass(frozen=True)
class Fact:
    """What a control must say about one planted entity; ``first`` and ``last`` are logical days, inclusive.

    absent: it looks like a member of the population and is none.
    """

    control: str
    kind: Literal["violations", "near_misses", "absent", "unknown", "excluded"]
    entity: str
    why: str
    code: str | None = None
    first: date | None = None
    last: date | None = None


def first_day(moment: datetime) -> date:
    """The first logical day whose observation (02:00 UTC) sees ``moment``, not before the sandbox's first day."""
    day = moment.date() if moment <= at(moment.date(), "02:00") else moment.date() + timedelta(days=1)
    return max(day, date(2026, 7, 1))
