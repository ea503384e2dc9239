"""Planted ways a commit reaches a production branch, and their innocent twins (CM-01)."""

from __future__ import annotations

from datetime import date, timedelta

from soc2_warehouse.sandbox.github.builder import Builder
from soc2_warehouse.sandbox.github.model import MINUTE, ZERO, at


def direct_push(b: Builder, day: date) -> None:
    """An administrator pushes to the default branch; protection let it through."""
    actor, moment = b.cast.person("E1007"), at(day, "13:05")
    sha = b.commit(actor, moment, "Fix the build by hand", (b.heads[b.trunk],))
    b.move(b.trunk, sha, "push", actor, moment)
    b.expect("CM-01", f"{b.trunk}|{sha}", "DIRECT_PUSH", moment, "pushed straight to the branch by an administrator")


def direct_force_push(b: Builder, day: date) -> None:
    """The newest commit of the default branch is replaced."""
    actor, moment = b.cast.person("E1017"), at(day, "18:20")
    sha = b.commit(actor, moment, "Rewrite the last change", b.commits[b.heads[b.trunk]].parents)
    b.move(b.trunk, sha, "force_push", actor, moment)
    b.expect("CM-01", f"{b.trunk}|{sha}", "DIRECT_PUSH", moment, "force push put a commit without a pull request")


def revert_by_push(b: Builder, day: date) -> None:
    actor, moment = b.cast.person("E1011"), at(day, "17:45")
    sha = b.commit(actor, moment, "Revert the last change", (b.heads[b.trunk],))
    b.move(b.trunk, sha, "push", actor, moment)
    b.expect("CM-01", f"{b.trunk}|{sha}", "DIRECT_PUSH", moment, "a revert that was pushed, not made by the button")


def release_bot_push(b: Builder, day: date) -> None:
    moment = at(day, "06:00")
    sha = b.commit(b.cast.release_bot, moment, "Bump version", (b.heads[b.trunk],))
    b.move(b.trunk, sha, "push", b.cast.release_bot, moment)
    b.expect("CM-01", f"{b.trunk}|{sha}", "DIRECT_PUSH", moment, "version bump by a release bot that no list allows")


def indirect_merge(b: Builder, day: date) -> None:
    """The head branch's commit is pushed straight to the base; GitHub then marks the pull request merged."""
    author, reviewer, start = b.cast.person("E1013"), b.cast.person("E1010"), at(day, "10:30")
    pull = b.open(author, start, "Speed up the monthly report")
    b.green(pull.head(start), start + MINUTE)
    b.review(pull, reviewer, "APPROVED", start + 40 * MINUTE)
    moment = start + 70 * MINUTE
    sha = b.heads[pull.head_ref]
    b.move(b.trunk, sha, "push", author, moment)
    b.merge(pull, author, moment, "none")
    b.expect("CM-01", f"{b.trunk}|{sha}", "INDIRECT_MERGE", moment, "merged by pushing the commits to the base branch")


def smuggled_commit(b: Builder, day: date) -> None:
    """A merge brings a commit that its pull request does not contain."""
    author, reviewer, start = b.cast.person("E1010"), b.cast.person("E1011"), at(day, "11:00")
    pull = b.open(author, start, "Retry failed transfers")
    b.green(pull.head(start), start + MINUTE)
    b.review(pull, reviewer, "APPROVED", start + 30 * MINUTE)
    moment = start + 50 * MINUTE
    extra = b.commit(author, moment - MINUTE, "Adjust fee table", (b.heads[b.trunk],))
    b.merge(pull, author, moment, base_before=extra)
    b.expect(
        "CM-01", f"{b.trunk}|{extra}", "COMMIT_WITHOUT_PR", moment, "arrived with a merge but is in no pull request"
    )


def wrong_base(b: Builder, day: date) -> None:
    """Reviewed and merged into a feature branch, which is then pushed over the default branch."""
    author, reviewer, start = b.cast.person("E1030"), b.cast.person("E1013"), at(day, "09:30")
    b.move("feature/sso", b.heads[b.trunk], "branch_creation", author, start - 30 * MINUTE)
    pull = b.open(author, start, "Sign in through the identity provider", base="feature/sso")
    b.green(pull.head(start), start + MINUTE)
    b.review(pull, reviewer, "APPROVED", start + 30 * MINUTE)
    sha = b.merge(pull, author, start + 45 * MINUTE)
    moment = start + 120 * MINUTE
    b.move(b.trunk, sha, "push", author, moment)
    b.move("feature/sso", ZERO, "branch_deletion", author, moment + MINUTE)
    b.expect("CM-01", f"{b.trunk}|{sha}", "WRONG_BASE_PR", moment, "its only pull request went into feature/sso")
    b.expect("CM-01", f"{b.trunk}|{sha}", "DIRECT_PUSH", moment, "pushed; no pull request into this branch")


def other_branch(b: Builder, day: date) -> None:
    """Merged into a branch that is no production branch and never reaches one."""
    author, start = b.cast.person("E1014"), at(day, "09:10")
    b.move("experiment/theme", b.heads[b.trunk], "branch_creation", author, start - 30 * MINUTE)
    pull = b.open(author, start, "Try a darker theme", base="experiment/theme")
    b.merge(pull, author, start + 20 * MINUTE)
    b.absent("CM-03", pull.number, "merged without review, but not into a production branch")


def back_dated(b: Builder, day: date) -> None:
    """Author date long before the window: only the push counts."""
    author, reviewer, start = b.cast.person("E1031"), b.cast.person("E1006"), at(day, "14:00")
    pull = b.open(author, start, "Dig out an old fix", authored_at=start - timedelta(days=420))
    b.green(pull.head(start), start + MINUTE)
    b.review(pull, reviewer, "APPROVED", start + 30 * MINUTE)
    sha = b.merge(pull, author, start + 50 * MINUTE, "rebase")
    b.near_miss("CM-01", f"{b.trunk}|{sha}", "author date of last year, pushed and merged in the window")


def by_method(b: Builder, day: date, method: str) -> None:
    """The ways to merge: each leaves other commits on the base branch."""
    author, reviewer, start = b.cast.person("E1008"), b.cast.person("E1009"), at(day, "10:00")
    # Two of them call themselves urgent, although they took the usual way (CM-10).
    labels = {"squash": ("hotfix",), "merge": ("emergency",)}.get(method, ())
    pull = b.open(author, start, f"Tidy up, merged by {method}", committed=3, labels=labels)
    b.green(pull.head(start), start + MINUTE)
    b.review(pull, reviewer, "APPROVED", start + 60 * MINUTE)
    before = b.heads[b.trunk]
    sha = b.merge(pull, author, start + 90 * MINUTE, method)
    if method == "queue":
        b.green(sha, start + 76 * MINUTE)
    why = {
        "rebase": "one of several commits of a rebase merge; merge_commit_sha names only the last",
        "merge": "commit of a pull request merged with a merge commit",
        "queue": "merged by the queue's bot",
        "squash": "squashed: not a commit of its pull request",
    }[method]
    shas = [sha]
    if method == "rebase":
        while (parent := b.commits[shas[-1]].parents[0]) != before:
            shas.append(parent)
    if method == "merge":
        shas += [commit.sha for commit in pull.commits]
    for found in shas:
        b.near_miss("CM-01", f"{b.trunk}|{found}", why)


def revert_by_button(b: Builder, day: date) -> None:
    author, reviewer, start = b.cast.person("E1011"), b.cast.person("E1013"), at(day, "15:00")
    pull = b.open(author, start, 'Revert "Tune the retries"')
    b.green(pull.head(start), start + MINUTE)
    b.review(pull, reviewer, "APPROVED", start + 20 * MINUTE)
    sha = b.merge(pull, author, start + 30 * MINUTE)
    b.near_miss("CM-01", f"{b.trunk}|{sha}", "a revert made by the button is a pull request")


def rename_default(b: Builder, day: date) -> None:
    """master becomes main: the old name ends, the new one begins at the same commit."""
    actor, moment = b.cast.person("E1007"), at(day, "08:00")
    head = b.heads["master"]
    b.move("main", head, "branch_creation", actor, moment)
    b.move("master", ZERO, "branch_deletion", actor, moment)
    b.trunk = "main"
    b.near_miss("CM-01", f"main|{head}", "first commit under the new name of the default branch, no new code")


def first_push(b: Builder, day: date) -> None:
    """The baseline of a repository that was empty until now."""
    actor, moment = b.cast.person("E1006"), at(day, "09:00")
    sha = b.commit(actor, moment, "Initial commit", ())
    b.move(b.trunk, sha, "branch_creation", actor, moment)
    b.near_miss("CM-01", f"{b.trunk}|{sha}", "first push of a new repository is its baseline")


def release_branch(b: Builder, day: date) -> None:
    """A release branch starts at a commit of the default branch and gets one reviewed fix."""
    author, reviewer, start = b.cast.person("E1010"), b.cast.person("E1013"), at(day, "09:00")
    b.move("release/2026.1", b.heads[b.trunk], "branch_creation", author, start - 60 * MINUTE)
    pull = b.open(author, start, "Backport the rounding fix", base="release/2026.1")
    b.green(pull.head(start), start + MINUTE)
    b.review(pull, reviewer, "APPROVED", start + 25 * MINUTE)
    sha = b.merge(pull, author, start + 40 * MINUTE)
    b.near_miss("CM-01", f"release/2026.1|{sha}", "merged into a release branch through a pull request")
