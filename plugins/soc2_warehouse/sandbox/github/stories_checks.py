"""Planted checks of merged pull requests (CM-04): one story a code and edge case, and the innocent twins."""

from __future__ import annotations

from datetime import date, datetime

from soc2_warehouse.sandbox.github.builder import Builder
from soc2_warehouse.sandbox.github.model import MINUTE, Pull, at


def _begin(b: Builder, day: date, title: str, *without: str) -> tuple[Pull, str, datetime]:
    """An approved pull request whose checks pass, but for the ones in ``without``; merge is due two hours later."""
    start = at(day, "09:40")
    pull = b.open(b.cast.person("E1009"), start, title)
    sha = pull.head(start)
    b.green(sha, start + MINUTE, without)
    b.review(pull, b.cast.person("E1008"), "APPROVED", start + 45 * MINUTE)
    return pull, sha, start


def _merge(b: Builder, pull: Pull, start: datetime) -> datetime:
    moment = start + 120 * MINUTE
    b.merge(pull, pull.author, moment)
    return moment


def missing(b: Builder, day: date) -> None:
    pull, _, start = _begin(b, day, "Skip the slow suite", "integration")
    b.expect("CM-04", f"{pull.number}|integration", "CHECK_MISSING", _merge(b, pull, start), "the check never ran")


def only_on_earlier(b: Builder, day: date) -> None:
    """Green on the commit before the last one."""
    pull, _, start = _begin(b, day, "Tune the pool")
    sha = b.push(pull, pull.author, start + 20 * MINUTE)
    b.green(sha, start + 21 * MINUTE, ("unit",))
    b.review(pull, b.cast.person("E1008"), "APPROVED", start + 60 * MINUTE)
    why = "green on an earlier commit only"
    b.expect("CM-04", f"{pull.number}|unit", "CHECK_MISSING", _merge(b, pull, start), why)


def failed(b: Builder, day: date) -> None:
    pull, sha, start = _begin(b, day, "Ignore a flaky test", "integration")
    b.check(sha, "integration", start + MINUTE, "failure")
    b.expect("CM-04", f"{pull.number}|integration", "CHECK_FAILED", _merge(b, pull, start), "failed before the merge")


def skipped(b: Builder, day: date) -> None:
    """A path filter skips the job, which protection takes for success."""
    pull, sha, start = _begin(b, day, "Touch only the docs", "security")
    b.check(sha, "security", start + MINUTE, "skipped", minutes=0.1)
    b.expect("CM-04", f"{pull.number}|security", "CHECK_FAILED", _merge(b, pull, start), "skipped, and not tolerated")


def pending(b: Builder, day: date) -> None:
    pull, sha, start = _begin(b, day, "Merge in a hurry", "security")
    b.check(sha, "security", start + 110 * MINUTE, "failure", minutes=30)
    moment = _merge(b, pull, start)
    b.expect("CM-04", f"{pull.number}|security", "CHECK_PENDING_AT_MERGE", moment, "still running at the merge")


def passed_later(b: Builder, day: date) -> None:
    """Started after the merge and passed: no run before it, and a success after it."""
    pull, sha, start = _begin(b, day, "Hotfix without waiting", "unit")
    moment = _merge(b, pull, start)
    b.check(sha, "unit", moment + 5 * MINUTE)
    b.expect("CM-04", f"{pull.number}|unit", "PASSED_ONLY_AFTER_MERGE", moment, "passed after the merge")
    b.expect("CM-04", f"{pull.number}|unit", "CHECK_MISSING", moment, "no run before the merge")


def rerun_passed(b: Builder, day: date) -> None:
    pull, sha, start = _begin(b, day, "Stabilise the fixture", "integration")
    b.check(sha, "integration", start + MINUTE, "failure")
    b.check(sha, "integration", start + 30 * MINUTE, attempt=2)
    _merge(b, pull, start)
    b.near_miss("CM-04", f"{pull.number}|integration", "failed once, the second attempt passed before the merge")


def rerun_failed_later(b: Builder, day: date) -> None:
    pull, sha, start = _begin(b, day, "Upgrade the driver")
    moment = _merge(b, pull, start)
    b.check(sha, "unit", moment + 60 * MINUTE, "failure", attempt=2)
    b.near_miss("CM-04", f"{pull.number}|unit", "passed before the merge; only a later attempt failed")


def legacy_status(b: Builder, day: date) -> None:
    """The context is satisfied by a legacy commit status, set anew after the merge."""
    pull, sha, start = _begin(b, day, "Scan with the old tool", "security")
    b.status(sha, "security", "pending", start + MINUTE)
    b.status(sha, "security", "success", start + 12 * MINUTE)
    moment = _merge(b, pull, start)
    b.status(sha, "security", "failure", moment + 45 * MINUTE)
    b.near_miss("CM-04", f"{pull.number}|security", "legacy status succeeded before the merge, failed after it")


def by_queue(b: Builder, day: date) -> None:
    """In a merge queue the checks that count ran on the group's commit; the head's run had failed."""
    pull, sha, start = _begin(b, day, "Queue a fix", "unit")
    b.check(sha, "unit", start + MINUTE, "failure")
    moment = start + 120 * MINUTE
    b.green(b.merge(pull, pull.author, moment, "queue"), moment - 14 * MINUTE)
    b.near_miss("CM-04", f"{pull.number}|unit", "passed on the commit that the merge queue tested")
