"""Planted reviews of merged pull requests: one story a code and edge case of CM-03, and the innocent twins."""

from __future__ import annotations

from datetime import date, datetime

from soc2_warehouse.sandbox.github.builder import Builder
from soc2_warehouse.sandbox.github.model import MINUTE, Actor, Fact, Pull, at, first_day


def _begin(
    b: Builder, day: date, title: str, author: Actor | None = None, clock: str = "09:20"
) -> tuple[Pull, datetime]:
    """A pull request whose checks pass; what follows is about its reviews."""
    start = at(day, clock)
    pull = b.open(author or b.cast.person("E1010"), start, title)
    b.green(pull.head(start), start + MINUTE)
    return pull, start


def _bad(b: Builder, pull: Pull, code: str, why: str, merger: Actor | None = None, minutes: int = 120) -> None:
    moment = pull.created_at + minutes * MINUTE
    b.merge(pull, merger or pull.author, moment)
    b.expect("CM-03", pull.number, code, moment, why)


def _good(b: Builder, pull: Pull, why: str, merger: Actor | None = None, method: str = "squash") -> None:
    b.merge(pull, merger or pull.author, pull.created_at + 120 * MINUTE, method)
    b.near_miss("CM-03", pull.number, why)


def no_review(b: Builder, day: date) -> None:
    pull, _ = _begin(b, day, "Raise the timeout")
    _bad(b, pull, "NO_APPROVAL", "merged without any review")


def comment_only(b: Builder, day: date) -> None:
    pull, start = _begin(b, day, "Rename a column", b.cast.person("E1011"))
    b.review(pull, b.cast.person("E1013"), "COMMENTED", start + 30 * MINUTE)
    _bad(b, pull, "NO_APPROVAL", "a comment is no approval")


def dismissed_latest(b: Builder, day: date) -> None:
    """The reviewer's newer approval was dismissed; the older one does not come back."""
    pull, start = _begin(b, day, "Switch the queue")
    reviewer = b.cast.person("E1006")
    b.review(pull, reviewer, "APPROVED", start + 20 * MINUTE)
    second = b.review(pull, reviewer, "APPROVED", start + 40 * MINUTE)
    b.dismiss(pull, second, b.cast.person("E1005"), start + 60 * MINUTE)
    _bad(b, pull, "NO_APPROVAL", "the reviewer's latest review was dismissed before the merge")


def bot_auto_merge(b: Builder, day: date) -> None:
    pull, _ = _begin(b, day, "Bump urllib3", b.cast.dependabot)
    pull.auto_merge_by = b.cast.dependabot
    _bad(b, pull, "NO_APPROVAL", "dependency update merged automatically, no human approved")


def coauthor_approves(b: Builder, day: date) -> None:
    start, partner = at(day, "09:20"), b.cast.person("E1013")
    pull = b.open(b.cast.person("E1011"), start, "Pair on the ledger lock", coauthors=(partner,))
    b.green(pull.head(start), start + MINUTE)
    b.review(pull, partner, "APPROVED", start + 50 * MINUTE)
    _bad(b, pull, "SELF_APPROVAL", "the only approver is co-author of a commit")


def committer_approves(b: Builder, day: date) -> None:
    """The approver pushed a commit of their own to the branch before."""
    pull, start = _begin(b, day, "Split the settlement job")
    partner = b.cast.person("E1008")
    sha = b.push(pull, partner, start + 20 * MINUTE, "Fix a typo in the job")
    b.green(sha, start + 21 * MINUTE)
    b.review(pull, partner, "APPROVED", start + 50 * MINUTE)
    _bad(b, pull, "SELF_APPROVAL", "the only approver wrote one of the commits")


def second_login(b: Builder, day: date) -> None:
    """One person, two logins; who owns the second one is known only since an override of 2026-07-05."""
    pull, start = _begin(b, day, "Restyle the balance page", b.cast.person("E1014"))
    b.review(pull, b.cast.person("E1014", 1), "APPROVED", start + 50 * MINUTE)
    moment = start + 120 * MINUTE
    b.merge(pull, pull.author, moment)
    key, known, why = f"{b.repo_id}|{pull.number}", date(2026, 7, 6), "approved from the author's second login"
    if first_day(moment) < known:
        unknown = "the approving login belongs to nobody known until its override"
        last = date(2026, 7, 5)
        b.facts.append(Fact("CM-03", "violations", key, unknown, "APPROVER_UNRESOLVED", first_day(moment), last))
    b.facts.append(Fact("CM-03", "violations", key, why, "SELF_APPROVAL", max(known, first_day(moment))))


def sponsor_approves(b: Builder, day: date) -> None:
    """A coding agent opened the change on behalf of somebody, who then approves it."""
    sponsor = b.cast.person("E1011")
    pull, start = _begin(b, day, "Add a retry to the exporter", b.cast.agent)
    pull.body = f"Requested by @{sponsor.login}"
    b.review(pull, sponsor, "APPROVED", start + 50 * MINUTE)
    _bad(b, pull, "SELF_APPROVAL", "the agent's sponsor approved what they had asked for", sponsor)


def pushed_after_approval(b: Builder, day: date) -> None:
    pull, start = _begin(b, day, "Cache the rates")
    b.review(pull, b.cast.person("E1006"), "APPROVED", start + 30 * MINUTE)
    sha = b.push(pull, pull.author, start + 60 * MINUTE, "One more thing")
    b.green(sha, start + 61 * MINUTE)
    _bad(b, pull, "STALE_APPROVAL", "a commit was pushed after the approval")


def forced_after_approval(b: Builder, day: date) -> None:
    """The rewritten commit carries an older date than the approval."""
    pull, start = _begin(b, day, "Move the scheduler")
    b.review(pull, b.cast.person("E1006"), "APPROVED", start + 30 * MINUTE)
    authored = start - 600 * MINUTE
    sha = b.push(pull, pull.author, start + 60 * MINUTE, "Move the scheduler", force=True, authored_at=authored)
    b.green(sha, start + 61 * MINUTE)
    _bad(b, pull, "STALE_APPROVAL", "force push after the approval, with an older commit date")


def bot_approves(b: Builder, day: date) -> None:
    pull, start = _begin(b, day, "Regenerate the client")
    b.review(pull, b.cast.review_bot, "APPROVED", start + 10 * MINUTE)
    _bad(b, pull, "BOT_APPROVAL", "the only approval is an app's")


def approved_later(b: Builder, day: date) -> None:
    pull, start = _begin(b, day, "Stop the double posting", b.cast.person("E1031"))
    b.review(pull, b.cast.person("E1013"), "APPROVED", start + 300 * MINUTE)
    _bad(b, pull, "APPROVED_AFTER_MERGE", "approved three hours after the merge")


def changes_requested(b: Builder, day: date) -> None:
    """One valid approval, and one reviewer who still wants changes."""
    pull, start = _begin(b, day, "Drop the old tables")
    b.review(pull, b.cast.person("E1013"), "CHANGES_REQUESTED", start + 20 * MINUTE)
    b.review(pull, b.cast.person("E1006"), "APPROVED", start + 40 * MINUTE)
    _bad(b, pull, "CHANGES_REQUESTED_OUTSTANDING", "a reviewer's request for changes was never answered")


def stranger_approves(b: Builder, day: date) -> None:
    pull, start = _begin(b, day, "Correct the docs example")
    b.review(pull, b.cast.stranger, "APPROVED", start + 20 * MINUTE)
    _bad(b, pull, "APPROVER_UNRESOLVED", "the approver is nobody of the company")


def dismissed_after_merge(b: Builder, day: date) -> None:
    pull, start = _begin(b, day, "Batch the notifications")
    review = b.review(pull, b.cast.person("E1006"), "APPROVED", start + 30 * MINUTE)
    _good(b, pull, "the approval was valid at the merge and dismissed the day after")
    b.dismiss(pull, review, b.cast.person("E1005"), start + 1500 * MINUTE)


def merged_base_after_approval(b: Builder, day: date) -> None:
    pull, start = _begin(b, day, "Round half even")
    b.review(pull, b.cast.person("E1006"), "APPROVED", start + 30 * MINUTE)
    sha = b.push(pull, pull.author, start + 60 * MINUTE, merges_base=True)
    b.green(sha, start + 61 * MINUTE)
    _good(b, pull, "the only later commit merges the base branch")


def commit_gone(b: Builder, day: date) -> None:
    pull, start = _begin(b, day, "Trim the payload")
    b.review(pull, b.cast.person("E1008"), "APPROVED", start + 30 * MINUTE, commit=None)
    _good(b, pull, "review without commit id, submitted after the last push")


def comment_after_approval(b: Builder, day: date) -> None:
    pull, start = _begin(b, day, "Log the batch size")
    b.review(pull, b.cast.person("E1006"), "APPROVED", start + 30 * MINUTE)
    b.review(pull, b.cast.person("E1006"), "COMMENTED", start + 50 * MINUTE)
    _good(b, pull, "a later comment does not take the approval back")


def changes_then_approved(b: Builder, day: date) -> None:
    pull, start = _begin(b, day, "Index the journal")
    b.review(pull, b.cast.person("E1013"), "CHANGES_REQUESTED", start + 15 * MINUTE)
    sha = b.push(pull, pull.author, start + 40 * MINUTE)
    b.green(sha, start + 41 * MINUTE)
    b.review(pull, b.cast.person("E1013"), "APPROVED", start + 80 * MINUTE)
    _good(b, pull, "the request for changes was answered and approved")


def bot_with_human(b: Builder, day: date) -> None:
    pull, start = _begin(b, day, "Bump requests", b.cast.dependabot)
    b.review(pull, b.cast.person("E1008"), "APPROVED", start + 30 * MINUTE)
    _good(b, pull, "dependency update approved by a human", b.cast.person("E1008"))


def draft_in_a_minute(b: Builder, day: date) -> None:
    start = at(day, "09:20")
    pull = b.open(b.cast.person("E1011"), start, "Hide the banner", draft_until=start + 119 * MINUTE)
    b.green(pull.head(start), start + MINUTE)
    b.review(pull, b.cast.person("E1013"), "APPROVED", start + 30 * MINUTE)
    _good(b, pull, "ready for review a minute before the merge, approved as a draft")


def approver_left_later(b: Builder, day: date) -> None:
    """Approved the day before the approver's last day; GitHub no longer shows them as a member."""
    pull, start = _begin(b, day, "Rotate the signing key")
    b.review(pull, b.cast.person("E1058"), "APPROVED", start + 30 * MINUTE)
    _good(b, pull, "the approver was employed at the review and left the day after")


def dates_lie(b: Builder, day: date) -> None:
    """Pushed before the approval, but with a commit date after it."""
    start = at(day, "09:20")
    author, later = b.cast.person("E1011"), start + 600 * MINUTE
    pull = b.open(author, start, "Stamp the export", authored_at=later)
    b.green(pull.head(start), start + MINUTE)
    b.review(pull, b.cast.person("E1013"), "APPROVED", start + 30 * MINUTE)
    _good(b, pull, "commit date later than the approval, push earlier")


def queued(b: Builder, day: date) -> None:
    pull, start = _begin(b, day, "Paginate the statement")
    b.review(pull, b.cast.person("E1006"), "APPROVED", start + 30 * MINUTE)
    _good(b, pull, "the merge queue made a new commit; the approval covers the head", method="queue")
    assert pull.merge_sha and pull.merged_at
    b.green(pull.merge_sha, pull.merged_at - 14 * MINUTE)
