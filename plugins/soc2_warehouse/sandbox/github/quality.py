"""How the sandbox validates a release in staging: an end-to-end run after each staging success, some by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from soc2_warehouse.sandbox import timetable

E2E_PATH = ".github/workflows/e2e.yml"

Story = Literal[
    "missing",  # nobody validated
    "failed",  # passed, and failed when it ran again
    "retried",  # near miss: failed, and passed when it ran again
    "after",  # only once it was in production
    "stale",  # the same commit was validated as an earlier build, before this one was staged
    "manual",  # near miss: a person who did not write the change
    "by_author",  # a person who wrote the change
    "by_nobody",  # the register does not say who
]

# By day and position among that day's production deployments.
PLANTED: dict[tuple[date, int], Story] = {
    (date(2026, 6, 25), 1): "missing",
    (date(2026, 6, 25), 3): "failed",
    (date(2026, 6, 26), 0): "retried",
    (date(2026, 7, 1), 2): "manual",
    (date(2026, 7, 2), 0): "stale",
    (date(2026, 7, 2), 1): "by_author",
    (date(2026, 7, 3), 3): "by_nobody",
    (date(2026, 7, 6), 1): "after",
}
BY_HAND = ("manual", "by_author", "by_nobody")


@dataclass(frozen=True)
class Validation:
    """One validation of a staged release; ``story`` only where one is planted."""

    staging: timetable.Deployment
    production: timetable.Deployment
    ended_at: datetime
    passed: bool
    story: Story | None


def validations(seed: int) -> Iterator[Validation]:
    """Every validation there will ever be, by release."""
    planned, places = timetable.deployments(seed), timetable.places(seed)
    staged = {(entry.repo, entry.run_number): entry for entry in planned if entry.environment == "staging"}
    for entry in planned:
        if entry.environment != "production":
            continue
        before = staged.get((entry.repo, entry.run_number))
        if before is None or before.outcome != "success":
            continue
        story = PLANTED.get(places[entry.number])
        ended = before.finished_at + timedelta(minutes=8)
        if story == "after":
            ended = entry.finished_at + timedelta(minutes=20)
        if story not in ("missing", "stale"):
            yield Validation(before, entry, ended, story != "retried", story)
        if story in ("failed", "retried"):
            yield Validation(before, entry, ended + timedelta(minutes=6), story != "failed", story)
